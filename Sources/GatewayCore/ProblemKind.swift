// SPDX-License-Identifier: Apache-2.0
package import OpenAPI

/// What may have happened at WeChat Pay.
package typealias Outcome = ErrorRow.Outcome

/// The advice for a program (CONTRACT 2.2).
package typealias Action = ErrorRow.Action

/// A row of the error table: what a code means to a caller's program.
package struct ProblemKind: Sendable, Equatable {
  package var code: String
  /// The HTTP status the caller sees.
  package var status: Int
  package var outcome: Outcome
  /// The same request, unchanged, may succeed later.
  package var retryable: Bool
  package var action: Action

  package init(_ code: String, _ status: Int, _ outcome: Outcome, retryable: Bool, _ action: Action)
  {
    self.code = code
    self.status = status
    self.outcome = outcome
    self.retryable = retryable
    self.action = action
  }
}

extension ProblemKind {
  /// What WeChat Pay's error becomes.
  package init(_ row: ErrorRow) {
    self.init(row.code, row.status, row.outcome, retryable: row.retryable, row.action)
  }
}

/// The gateway's own codes (CONTRACT 2.2); their titles and advice stand in `apis/errors.yaml`.
extension ProblemKind {
  package static let malformedJSON = Self(
    "MALFORMED_JSON", 400, .notSent, retryable: false, .fixRequest)
  package static let paramError = Self("PARAM_ERROR", 400, .notSent, retryable: false, .fixRequest)
  package static let merchantRequired = Self(
    "MERCHANT_REQUIRED", 400, .notSent, retryable: false, .fixRequest)
  package static let unauthenticated = Self(
    "UNAUTHENTICATED", 401, .notSent, retryable: false, .askOperator)
  package static let permissionDenied = Self(
    "PERMISSION_DENIED", 403, .notSent, retryable: false, .askOperator)
  package static let routeNotFound = Self(
    "ROUTE_NOT_FOUND", 404, .notSent, retryable: false, .fixRequest)
  package static let methodNotAllowed = Self(
    "METHOD_NOT_ALLOWED", 405, .notSent, retryable: false, .fixRequest)
  package static let requestTimeout = Self(
    "REQUEST_TIMEOUT", 408, .notSent, retryable: true, .retry)
  package static let bodyTooLarge = Self(
    "BODY_TOO_LARGE", 413, .notSent, retryable: false, .fixRequest)
  package static let unsupportedMediaType = Self(
    "UNSUPPORTED_MEDIA_TYPE", 415, .notSent, retryable: false, .fixRequest)
  package static let requestNumberReused = Self(
    "REQUEST_NUMBER_REUSED", 422, .notSent, retryable: false, .newRequestNumber)
  package static let frequencyLimited = Self(
    "FREQUENCY_LIMITED", 429, .notSent, retryable: true, .retry)
  package static let defect = Self("INTERNAL", 500, .unknown, retryable: true, .retry)
  package static let signError = Self("SIGN_ERROR", 502, .refused, retryable: false, .askOperator)
  package static let upstreamSignatureInvalid = Self(
    "UPSTREAM_SIGNATURE_INVALID", 502, .unknown, retryable: true, .retry)
  package static let upstreamMalformed = Self(
    "UPSTREAM_MALFORMED", 502, .unknown, retryable: true, .retry)
  package static let upstreamUnavailable = Self(
    "UPSTREAM_UNAVAILABLE", 503, .notSent, retryable: true, .retry)
  package static let systemError = Self("SYSTEM_ERROR", 503, .unknown, retryable: true, .retry)
  package static let overloaded = Self("OVERLOADED", 503, .notSent, retryable: true, .retry)
  package static let upstreamTimeout = Self(
    "UPSTREAM_TIMEOUT", 504, .unknown, retryable: true, .retry)

  /// The closed set, for tests and documentation.
  package static let gatewayKinds = [
    malformedJSON, paramError, merchantRequired, unauthenticated, permissionDenied, routeNotFound,
    methodNotAllowed, requestTimeout, bodyTooLarge, unsupportedMediaType, requestNumberReused,
    frequencyLimited, defect, signError, upstreamSignatureInvalid, upstreamMalformed,
    upstreamUnavailable,
    systemError, overloaded, upstreamTimeout,
  ]
}
