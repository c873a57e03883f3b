// SPDX-License-Identifier: Apache-2.0

/// The commonest pattern, one character class repeated from end to end (`^[0-9a-z]{1,32}$`), as a
/// table: it needs no engine, runs in one pass, and knows which character is wrong.
struct CharacterRun: Sendable {
  private let minimum: Int
  private let maximum: Int
  /// A bit for each ASCII character.
  private let ascii: (low: UInt64, high: UInt64)
  private let set: CodePointSet

  /// `nil` when the expression is anything else.
  init?(_ syntax: PatternSyntax) {
    guard case .sequence(let terms) = syntax, terms.count == 3, case .start = terms[0],
      case .end = terms[2]
    else { return nil }
    switch terms[1] {
    case .repetition(.set(let set), let minimum, let maximum, _) where set.properties.isEmpty:
      self.init(set, minimum, maximum ?? .max)
    case .set(let set) where set.properties.isEmpty: self.init(set, 1, 1)
    default: return nil
    }
  }

  private init(_ set: CodePointSet, _ minimum: Int, _ maximum: Int) {
    self.set = set
    self.minimum = minimum
    self.maximum = maximum
    var low: UInt64 = 0
    var high: UInt64 = 0
    for codePoint in 0..<64 as Range<UInt32> {
      if set.contains(codePoint) { low |= 1 << UInt64(codePoint) }
      if set.contains(codePoint + 64) { high |= 1 << UInt64(codePoint) }
    }
    ascii = (low, high)
  }

  /// Whether `text` matches; if not, the first character outside of the class, where that is why.
  func match(_ text: String) -> Pattern.Outcome {
    let bytes = text.utf8.span
    for index in bytes.indices {
      let byte = bytes[index]
      guard byte < 0x80 else { return matchScalars(text) }
      let word = byte < 64 ? ascii.low : ascii.high
      if word >> UInt64(byte & 63) & 1 == 0 {
        return .differs(stranger: Unicode.Scalar(byte))
      }
    }
    return outcome(bytes.count)
  }

  private func matchScalars(_ text: String) -> Pattern.Outcome {
    var count = 0
    for scalar in text.unicodeScalars {
      guard set.contains(scalar.value) else { return .differs(stranger: scalar) }
      count += 1
    }
    return outcome(count)
  }

  private func outcome(_ count: Int) -> Pattern.Outcome {
    count >= minimum && count <= maximum ? .matches : .differs(stranger: nil)
  }
}
