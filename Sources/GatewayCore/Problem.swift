// SPDX-License-Identifier: Apache-2.0
package import OpenAPI

/// Why a request got no success: one shape for the gateway's own refusals and WeChat Pay's
/// (CONTRACT 2.2). An object: every step of the chain keeps room for one, and few requests have
/// one.
package final class Problem: Error, Sendable {
  /// Who says so.
  package enum Source: String, Sendable {
    case gateway
    case wechatpay
  }

  package let kind: ProblemKind
  /// For the caller, in its own words; never holds a secret or the reason of a defect.
  package let message: String
  package let source: Source
  /// What may have happened at WeChat Pay; the kind's own unless an earlier attempt left it
  /// unknown.
  package let outcome: Outcome
  /// How long to wait before the same request makes sense again.
  package let retryAfter: Duration?
  /// Every violation of the schema, for `PARAM_ERROR`.
  package let violations: [ParameterViolation]
  /// What WeChat Pay really said, when it answered.
  package let upstream: UpstreamError?
  /// For the log only.
  package let cause: String?
  /// Headers that belong to the refusal, such as `Allow` and `WWW-Authenticate`.
  package let headers: [(name: String, value: String)]
  /// The answer was made for another request with the same number that was in flight.
  package let replayed: Bool

  package init(
    _ kind: ProblemKind, _ message: String, source: Source = .gateway, outcome: Outcome? = nil,
    retryAfter: Duration? = nil, violations: [ParameterViolation] = [],
    upstream: UpstreamError? = nil,
    cause: String? = nil, headers: [(name: String, value: String)] = [],
    replayed: Bool = false
  ) {
    self.kind = kind
    self.message = message
    self.source = source
    self.outcome = outcome ?? kind.outcome
    self.retryAfter = retryAfter
    self.violations = violations
    self.upstream = upstream
    self.cause = cause
    self.headers = headers
    self.replayed = replayed
  }

  /// The same, of a request whose earlier attempt may have been carried out.
  package func afterUnknown() -> Problem { copy(outcome: .unknown, replayed: replayed) }

  /// The same, for a request that joined the one it was made for.
  package func replay() -> Problem { copy(outcome: outcome, replayed: true) }

  private func copy(outcome: Outcome, replayed: Bool) -> Problem {
    Problem(
      kind, message, source: source, outcome: outcome, retryAfter: retryAfter,
      violations: violations, upstream: upstream, cause: cause, headers: headers,
      replayed: replayed)
  }
}
