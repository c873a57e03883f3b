// SPDX-License-Identifier: Apache-2.0

/// The data file that says what becomes of WeChat Pay's errors, and what the gateway's own are
/// called.
package struct ErrorTable: Sendable {
  /// The closed set of the gateway's own codes. Loading checks that the table has a row for each.
  package static let gatewayCodes = [
    "MALFORMED_JSON", "PARAM_ERROR", "MERCHANT_REQUIRED", "UNAUTHENTICATED", "PERMISSION_DENIED",
    "ROUTE_NOT_FOUND",
    "METHOD_NOT_ALLOWED", "REQUEST_TIMEOUT", "BODY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE",
    "REQUEST_NUMBER_REUSED",
    "FREQUENCY_LIMITED", "INTERNAL", "SIGN_ERROR", "UPSTREAM_SIGNATURE_INVALID",
    "UPSTREAM_MALFORMED",
    "UPSTREAM_UNAVAILABLE", "SYSTEM_ERROR", "OVERLOADED", "UPSTREAM_TIMEOUT",
  ]

  /// A row for WeChat Pay's errors.
  struct Rule: Sendable {
    enum Code: Sendable, Equatable {
      case oneOf([String])
      case any
      case none
    }

    /// A class such as `4XX` is a range.
    var statuses: [ClosedRange<Int>]
    var code: Code
    /// Whether the caller sees WeChat Pay's own status and code instead of the row's.
    var keepsStatus: Bool
    var keepsCode: Bool
    var row: ErrorRow

    func fits(status: Int, code: String?) -> Bool {
      guard statuses.contains(where: { $0.contains(status) }) else { return false }
      return switch self.code {
      case .any: true
      case .none: code == nil
      case .oneOf(let codes): codes.contains { $0.utf8.elementsEqual((code ?? "").utf8) }
      }
    }
  }

  private let rules: [Rule]
  private let gateway: [String: ErrorRow]
  private let fallback: ErrorRow

  /// - Parameter internalError: the row of `INTERNAL`, which stands in for every row that is
  ///   missing.
  init(rules: [Rule], gateway: [String: ErrorRow], internalError: ErrorRow) {
    self.rules = rules
    self.gateway = gateway
    fallback = internalError
  }

  /// Stands in for a table that could not be read, while the rest of the documents is checked.
  static let empty = ErrorTable(
    rules: [], gateway: [:],
    internalError: ErrorRow(
      status: 500, code: "INTERNAL", retryable: true, outcome: .unknown, action: .retry,
      title: LocalizedText(chinese: "INTERNAL", english: "INTERNAL"),
      advice: LocalizedText(chinese: "INTERNAL", english: "INTERNAL")))

  /// Reads a table such as `apis/errors.yaml`.
  /// - Throws: every mistake of the file.
  package static func load(_ path: String) throws(DocumentMistakes) -> ErrorTable {
    let loader = DocumentLoader()
    let table = loader.open(path).flatMap {
      ErrorTableReader(loader: loader).read(DocumentNode($0))
    }
    guard let table, loader.mistakes.isEmpty else { throw DocumentMistakes(loader.mistakes) }
    return table
  }

  /// The table that the gateway was built with, `apis/errors.yaml`.
  package static let builtIn = ErrorTableReader(loader: DocumentLoader()).builtIn()

  /// What becomes of an answer of WeChat Pay with this status and code.
  ///
  /// - Parameter code: `nil` or empty when the answer is not WeChat Pay's JSON with a code.
  /// - Returns: the row with the status and code that the caller sees. An answer that is no error
  ///   (below 400) and has no row gets that of `INTERNAL`.
  package func row(status: Int, code: String?) -> ErrorRow {
    let code = code.flatMap { $0.isEmpty ? nil : $0 }
    guard let rule = rules.first(where: { $0.fits(status: status, code: code) }) else {
      return fallback
    }
    var row = rule.row
    if rule.keepsStatus { row.status = status }
    if rule.keepsCode, let code { row.code = code }
    return row
  }

  /// Every row for documentation: the gateway's own in the order of the contract, then those for
  /// WeChat Pay's errors with the statuses and codes that they stand for.
  package var documentation:
    (gateway: [ErrorRow], upstream: [(status: String, code: String, row: ErrorRow)])
  {
    (
      Self.gatewayCodes.compactMap { gateway[$0] },
      rules.map { rule in
        let statuses = rule.statuses.map {
          $0.count == 1 ? String($0.lowerBound) : "\($0.lowerBound / 100)XX"
        }
        let code =
          switch rule.code {
          case .oneOf(let codes): codes.joined(separator: ", ")
          case .any: "any other"
          case .none: "no code"
          }
        return (statuses.joined(separator: ", "), code, rule.row)
      }
    )
  }

  /// The row of one of the gateway's own codes; any other code gets the row of `INTERNAL`.
  package func gatewayRow(_ code: String) -> ErrorRow {
    gateway[code] ?? fallback
  }
}
