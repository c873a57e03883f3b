// SPDX-License-Identifier: Apache-2.0

/// What a caller sees of an error: a row of the error table.
package struct ErrorRow: Sendable, Equatable {
  /// The raw values are those of the problem's `outcome`.
  package enum Outcome: String, Sendable, CaseIterable {
    case notSent = "not_sent"
    case refused
    case unknown
  }

  /// The raw values are those of the problem's `action`.
  package enum Action: String, Sendable, CaseIterable {
    case retry
    case fixRequest = "fix_request"
    case newRequestNumber = "new_request_number"
    case askOperator = "ask_operator"
  }

  package var status: Int
  package var code: String
  package var retryable: Bool
  package var outcome: Outcome
  package var action: Action
  package var title: LocalizedText
  package var advice: LocalizedText

  package init(
    status: Int, code: String, retryable: Bool, outcome: Outcome, action: Action, title: LocalizedText,
    advice: LocalizedText
  ) {
    self.status = status
    self.code = code
    self.retryable = retryable
    self.outcome = outcome
    self.action = action
    self.title = title
    self.advice = advice
  }
}

/// The data file that says what becomes of WeChat Pay's errors, and what the gateway's own are called.
package struct ErrorTable: Sendable {
  /// Reads a table such as `apis/errors.yaml`.
  /// - Throws: every mistake of the file.
  package static func load(_ path: String) throws(DocumentMistakes) -> ErrorTable {
    throw DocumentMistakes([])
  }

  /// What becomes of an answer of WeChat Pay with this status and code; `code` is `nil` when the answer has none.
  ///
  /// A status below 400 is WeChat Pay's mistake and gets the row of an unknown 5xx.
  package func row(status: Int, code: String?) -> ErrorRow {
    gatewayRow("INTERNAL")
  }

  /// The row of one of the gateway's own codes (`MALFORMED_JSON` … `UPSTREAM_TIMEOUT`).
  ///
  /// Loading checks that all of `gatewayCodes` are there; any other code gets the row of `INTERNAL`.
  package func gatewayRow(_ code: String) -> ErrorRow {
    ErrorRow(
      status: 500, code: "INTERNAL", retryable: true, outcome: .unknown, action: .retry,
      title: LocalizedText(chinese: "", english: ""), advice: LocalizedText(chinese: "", english: ""))
  }

  /// The closed set of the gateway's own codes.
  package static let gatewayCodes = [
    "MALFORMED_JSON", "PARAM_ERROR", "MERCHANT_REQUIRED", "UNAUTHENTICATED", "PERMISSION_DENIED", "ROUTE_NOT_FOUND",
    "METHOD_NOT_ALLOWED", "REQUEST_TIMEOUT", "BODY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "REQUEST_NUMBER_REUSED",
    "FREQUENCY_LIMITED", "INTERNAL", "SIGN_ERROR", "UPSTREAM_SIGNATURE_INVALID", "UPSTREAM_MALFORMED",
    "UPSTREAM_UNAVAILABLE", "SYSTEM_ERROR", "OVERLOADED", "UPSTREAM_TIMEOUT",
  ]
}
