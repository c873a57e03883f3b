// SPDX-License-Identifier: Apache-2.0

/// The commonest pattern, one character class repeated from end to end (`^[0-9a-z]{1,32}$`), as a
/// table: it needs no engine, runs in one pass, and knows which character is wrong.
final class CharacterRun: Sendable {
  private let minimum: Int
  private let maximum: Int
  /// A bit for each ASCII character.
  private let ascii: (low: UInt64, high: UInt64)
  private let set: CodePointSet

  /// `nil` when the expression is anything else.
  convenience init?(_ syntax: PatternSyntax) {
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
    var text = text
    let (low, high) = ascii
    // Without branches and bounds checks: the commonest text is one that matches, and this loop is
    // most of what validating it costs.
    let (strangers, count) = text.withUTF8 { bytes in
      var strangers: UInt64 = 0
      for unsafe byte in unsafe bytes {
        let word = byte & 64 == 0 ? low : high
        strangers |= ~(word >> UInt64(byte & 63)) & 1 | UInt64(byte >> 7)
      }
      return (strangers, bytes.count)
    }
    return strangers == 0 ? outcome(count) : matchScalars(text)
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
