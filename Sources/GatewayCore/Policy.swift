// SPDX-License-Identifier: Apache-2.0

/// A step of the chain: it gets the request and the rest of the chain, and returns a reply or
/// throws a problem. An object, so that a request on its way holds it without a copy.
///
/// What a policy works out without waiting stands in functions that are not inlined into `handle`:
/// an async function keeps all that it ever needs in its frame, frames are on the heap, and those
/// of more than a kilobyte are beyond what malloc keeps at hand (measured: 5 % of a replay).
package protocol Policy: AnyObject, Sendable {
  static var stage: Stage { get }

  /// - Parameter exchange: the policy's own, to complete and to hand on.
  func handle(_ exchange: consuming Exchange, next: Next) async throws(Problem) -> Reply
}

extension Policy {
  /// The name in `policies.chain` and in metrics.
  package static var name: String { "\(stage.name)" }
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
