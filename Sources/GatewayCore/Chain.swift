// SPDX-License-Identifier: Apache-2.0

/// Policies around the last step, which calls WeChat Pay: the first policy is the outermost.
///
/// A policy's own time, up to the rest of the chain or to its own answer, becomes a stage of the
/// request's journal.
package final class Chain: Sendable {
  package typealias Step = @Sendable (Exchange) async throws(Problem) -> Reply

  fileprivate let policies: [(policy: any Policy, stage: Stage)]
  fileprivate let last: Step

  package init(_ policies: [any Policy], endingIn last: @escaping Step) {
    self.policies = policies.map { ($0, type(of: $0).stage) }
    self.last = last
  }

  package func callAsFunction(_ exchange: Exchange) async throws(Problem) -> Reply {
    defer { exchange.journal.leave() }
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

  package func callAsFunction(_ exchange: Exchange) async throws(Problem) -> Reply {
    guard index < chain.policies.count else {
      exchange.journal.leave()
      return try await chain.last(exchange)
    }
    let (policy, stage) = chain.policies[index]
    exchange.journal.enter(stage)
    return try await policy.handle(exchange, next: Next(chain: chain, index: index + 1))
  }
}

extension Next {
  /// No policy any more.
  package init(_ last: @escaping Chain.Step) {
    self.init(chain: Chain([], endingIn: last), index: 0)
  }
}
