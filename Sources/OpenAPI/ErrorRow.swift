// SPDX-License-Identifier: Apache-2.0

/// What a caller sees of an error: a row of the error table.
package struct ErrorRow: Sendable, Equatable {
  /// What may have happened at WeChat Pay. The raw values are those of the problem's `outcome`.
  package enum Outcome: String, Sendable, CaseIterable {
    case notSent = "not_sent"
    case refused
    case unknown
  }

  /// What the caller is to do. The raw values are those of the problem's `action`.
  package enum Action: String, Sendable, CaseIterable {
    case retry
    case fixRequest = "fix_request"
    case newRequestNumber = "new_request_number"
    case askOperator = "ask_operator"
  }

  /// The HTTP status that the caller gets, 400 to 599.
  package var status: Int
  package var code: String
  /// Whether the same request, unchanged, may succeed later.
  package var retryable: Bool
  package var outcome: Outcome
  package var action: Action
  package var title: LocalizedText
  package var advice: LocalizedText

  package init(
    status: Int, code: String, retryable: Bool, outcome: Outcome, action: Action,
    title: LocalizedText,
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
