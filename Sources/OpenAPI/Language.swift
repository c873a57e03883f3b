// SPDX-License-Identifier: Apache-2.0

/// The languages that the error table speaks.
package enum Language: String, Sendable, CaseIterable {
  case chinese = "zh"
  case english = "en"

  /// The language that `Accept-Language` prefers (RFC 9110, 12.5.4; ranges by RFC 4647, 3.3.1):
  /// Chinese when it is absent, cannot be read, refuses both, or likes both alike.
  package init(acceptLanguage: String?) {
    guard let acceptLanguage else {
      self = .chinese
      return
    }
    let ranges = acceptLanguage.split(separator: ",").compactMap { Range($0) }
    let chinese = Self.weight(of: .chinese, in: ranges)
    let english = Self.weight(of: .english, in: ranges)
    self = english > chinese ? .english : .chinese
  }

  /// A language range and its weight in thousandths.
  private struct Range {
    let tag: Substring
    let weight: Int

    /// `nil` when it cannot be read; it is left out then.
    init?(_ text: Substring) {
      let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
      guard let tag = parts.first, !tag.isEmpty, parts.count <= 2 else { return nil }
      self.tag = tag
      guard parts.count == 2 else {
        weight = 1000
        return
      }
      guard parts[1].count <= 7, parts[1].prefix(2).lowercased() == "q=",
        let weight = Self.weight(parts[1].dropFirst(2))
      else { return nil }
      self.weight = weight
    }

    /// `0`, `0.5`, `1.000`: at most three decimals, at most 1.
    private static func weight(_ text: Substring) -> Int? {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count <= 2, let whole = parts.first, whole == "0" || whole == "1" else {
        return nil
      }
      let decimals = parts.count == 2 ? parts[1] : ""
      guard decimals.utf8.count <= 3, decimals.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
        return nil
      }
      let thousandths = Int(decimals + String(repeating: "0", count: 3 - decimals.utf8.count)) ?? 0
      let value = (whole == "1" ? 1000 : 0) + thousandths
      return value <= 1000 ? value : nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
      var text = text.drop { $0 == " " || $0 == "\t" }
      while text.last == " " || text.last == "\t" { text.removeLast() }
      return text
    }
  }

  /// The weight of the range that fits best: the language itself or a variant of it, else `*`, else
  /// 0.
  private static func weight(of language: Language, in ranges: [Range]) -> Int {
    let own = ranges.filter {
      let tag = $0.tag.lowercased()
      return tag == language.rawValue || tag.hasPrefix(language.rawValue + "-")
    }
    if let best = own.map(\.weight).max() { return best }
    return ranges.filter { $0.tag == "*" }.map(\.weight).max() ?? 0
  }
}

/// A text in every language of the error table.
package struct LocalizedText: Sendable, Equatable {
  /// Simplified Chinese.
  package var chinese: String
  /// The same in English.
  package var english: String

  /// Both are needed: a table without one of them is refused.
  package init(chinese: String, english: String) {
    self.chinese = chinese
    self.english = english
  }

  /// The text in `language`.
  package subscript(language: Language) -> String {
    switch language {
    case .chinese: chinese
    case .english: english
    }
  }
}
