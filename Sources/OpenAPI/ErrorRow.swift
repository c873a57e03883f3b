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
  /// In the problem's `code` and, behind `urn:wxpay-gateway:error:`, in its `type`.
  package var code: String
  /// Whether the same request, unchanged, may succeed later.
  package var retryable: Bool
  /// What may have happened at WeChat Pay.
  package var outcome: Outcome
  /// What the caller's program is to do.
  package var action: Action
  /// The error in a few words, the same for every occurrence.
  package var title: LocalizedText
  /// `action` as a sentence for a person.
  package var advice: LocalizedText

  /// A row with every column.
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
