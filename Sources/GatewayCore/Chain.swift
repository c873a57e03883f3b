// SPDX-License-Identifier: Apache-2.0

/// Where a request goes that every policy lets through: WeChat Pay, but for tests and `explain`.
package protocol Destination: AnyObject, Sendable {
  func reply(to exchange: Exchange) async throws(Problem) -> Reply
}

/// Policies on the way to a destination: the first is the outermost.
///
/// A policy's own time, up to the rest of the chain or to its own answer, becomes a stage of the
/// request's journal.
package final class Chain: Sendable {
  fileprivate let policies: [(policy: any Policy, stage: Stage)]
  fileprivate let destination: any Destination

  package init(_ policies: [any Policy], to destination: any Destination) {
    self.policies = policies.map { ($0, type(of: $0).stage) }
    self.destination = destination
  }

  package func callAsFunction(_ exchange: consuming Exchange) async throws(Problem) -> Reply {
    let journal = exchange.journal
    defer { journal.leave() }
    return try await Next(chain: self, index: 0)(exchange)
  }
}

/// The rest of the chain.
///
/// A place in it rather than a closure: closures around closures cost a frame, a context and a call
/// more at every step of every request.
package struct Next: Sendable {
  fileprivate let chain: Chain
  fileprivate let index: Int

  package func callAsFunction(_ exchange: consuming Exchange) async throws(Problem) -> Reply {
    guard index < chain.policies.count else {
      exchange.journal.leave()
      return try await chain.destination.reply(to: exchange)
    }
    let (policy, stage) = chain.policies[index]
    exchange.journal.enter(stage)
    return try await policy.handle(exchange, next: Next(chain: chain, index: index + 1))
  }
}

extension Next {
  /// No policy any more.
  package init(to destination: any Destination) {
    self.init(chain: Chain([], to: destination), index: 0)
  }
}
