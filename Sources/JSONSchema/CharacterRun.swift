// SPDX-License-Identifier: Apache-2.0

/// The commonest pattern, one character class repeated from end to end (`^[0-9a-z]{1,32}$`), as a
/// table: it needs no engine, runs in one pass, and knows which character is wrong.
final class CharacterRun: Sendable {
  private let minimum: Int
  private let maximum: Int
  /// 1 for each byte that is not an ASCII character of the class.
  private let isStranger: InlineArray<256, UInt8>
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
    isStranger = InlineArray { $0 < 0x80 && set.contains(UInt32($0)) ? 0 : 1 }
  }

  /// Whether `text` matches; if not, the first character outside of the class, where that is why.
  func match(_ text: String) -> Pattern.Outcome {
    let bytes = text.utf8.span
    // Without branches: the commonest text is one that matches.
    var strangers: UInt8 = 0
    for index in bytes.indices { strangers |= isStranger[Int(bytes[index])] }
    return strangers == 0 ? outcome(bytes.count) : matchScalars(text)
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
