// SPDX-License-Identifier: Apache-2.0

/// A step of the chain: it gets the request and the rest of the chain, and returns a reply or
/// throws a problem. An object, so that a request on its way holds it without a copy.
package protocol Policy: AnyObject, Sendable {
  static var stage: Stage { get }

  func handle(_ exchange: Exchange, next: Next) async throws(Problem) -> Reply
}

extension Policy {
  /// The name in `policies.chain` and in metrics.
  package static var name: String { "\(stage.name)" }
}

/// The rest of the chain.
package typealias Next = @Sendable (Exchange) async throws(Problem) -> Reply

/// Folds policies around the last step: the first policy is the outermost.
package func chain(_ policies: [any Policy], endingIn last: @escaping Next) -> Next {
  var next = last
  // Not `reduce`: a closure that goes through generic code is wrapped, and each wrapping costs a
  // call and a frame for every request.
  for policy in policies.reversed() { next = before(next, policy) }
  return next
}

/// The policy's own time, up to the rest of the chain or to its own answer, becomes a stage of the
/// journal.
private func before(_ next: @escaping Next, _ policy: any Policy) -> Next {
  let stage = type(of: policy).stage
  return { exchange throws(Problem) -> Reply in
    let start = ContinuousClock.now
    defer { if !exchange.journal.hasEnded(stage) { exchange.journal.ended(stage, since: start) } }
    return try await policy.handle(exchange) { exchange throws(Problem) -> Reply in
      exchange.journal.ended(stage, since: start)
      return try await next(exchange)
    }
  }
}

/// Whether a policy refuses or only says that it would have.
package enum PolicyMode: String, Sendable {
  case enforce
  case observe

  /// Throws the problem, or notes in the journal that `policy` would have refused and lets the
  /// request go on.
  package func refuse(_ problem: Problem, by policy: String, _ exchange: Exchange) throws(Problem) {
    if self == .enforce { throw problem }
    exchange.journal.observed(policy: policy, code: problem.kind.code)
  }
}
