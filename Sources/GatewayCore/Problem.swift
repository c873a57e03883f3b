// SPDX-License-Identifier: Apache-2.0
package import OpenAPI

/// Why a request got no success: one shape for the gateway's own refusals and WeChat Pay's
/// (CONTRACT 2.2).
package struct Problem: Error, Sendable {
  /// Who says so.
  package enum Source: String, Sendable {
    case gateway
    case wechatpay
  }

  package var kind: ProblemKind
  /// For the caller, in its own words; never holds a secret or the reason of a defect.
  package var message: String
  package var source: Source
  /// What may have happened at WeChat Pay; the kind's own unless an earlier attempt left it
  /// unknown.
  package var outcome: Outcome
  /// How long to wait before the same request makes sense again.
  package var retryAfter: Duration?
  /// Every violation of the schema, for `PARAM_ERROR`.
  package var violations: [ParameterViolation]
  /// What WeChat Pay really said, when it answered.
  package var upstream: UpstreamError?
  /// For the log only.
  package var cause: String?
  /// Headers that belong to the refusal, such as `Allow` and `WWW-Authenticate`.
  package var headers: [(name: String, value: String)]
  /// The answer was made for another request with the same number that was in flight.
  package var replayed = false

  package init(
    _ kind: ProblemKind, _ message: String, source: Source = .gateway, outcome: Outcome? = nil,
    retryAfter: Duration? = nil, violations: [ParameterViolation] = [],
    upstream: UpstreamError? = nil,
    cause: String? = nil, headers: [(name: String, value: String)] = []
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
  }
}
