// SPDX-License-Identifier: Apache-2.0

/// The languages that the error table speaks.
package enum Language: String, Sendable, CaseIterable {
  case chinese = "zh"
  case english = "en"

  /// The language that `Accept-Language` prefers (RFC 9110, 12.5.4); Chinese when it is absent, cannot be read,
  /// prefers neither or both alike.
  package init(acceptLanguage: String?) {
    self = .chinese
  }
}

/// A text in every language of the error table.
package struct LocalizedText: Sendable, Equatable {
  package var chinese: String
  package var english: String

  package init(chinese: String, english: String) {
    self.chinese = chinese
    self.english = english
  }

  package subscript(language: Language) -> String {
    switch language {
    case .chinese: chinese
    case .english: english
    }
  }
}
