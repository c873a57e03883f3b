// SPDX-License-Identifier: Apache-2.0

/// Escapes and character classes: ECMA-262, 22.2.1, AtomEscape and CharacterClass.
extension PatternParser {
  /// What an escape stands for.
  private enum Escape {
    case character(UInt32)
    case set(CodePointSet)
  }

  private static let syntaxCharacters = "^$\\.*+?()[]{}|/".unicodeScalars.map(\.value)

  /// Expects `position` behind a backslash outside a class.
  mutating func atomEscape() throws(PatternError) -> PatternSyntax {
    if let next = peek, (0x31...0x39).contains(next) {
      var number = 0
      while let next = peek, (0x30...0x39).contains(next) {
        number = min(number * 10 + Int(next - 0x30), 100_000)
        position += 1
      }
      return try reference(to: number)
    }
    if takeAll("k<") { return try reference(to: try groupName()) }
    switch try escape() {
    case .character(let codePoint): return .character(codePoint)
    case .set(let set): return .set(set)
    }
  }

  /// Expects `position` behind a backslash.
  private mutating func escape() throws(PatternError) -> Escape {
    guard let next = peek else {
      throw PatternError(message: "it ends with a backslash", remedy: #"write \\ for a backslash"#)
    }
    position += 1
    switch next {
    case "d": return .set(.digits)
    case "w": return .set(.word)
    case "s": return .set(.space)
    case "D": return .set(CodePointSet(ranges: CodePointSet.digits.complementedRanges))
    case "W": return .set(CodePointSet(ranges: CodePointSet.word.complementedRanges))
    case "S": return .set(CodePointSet(ranges: CodePointSet.space.complementedRanges))
    case "p": return .set(CodePointSet(properties: [try property(isNegated: false)]))
    case "P": return .set(CodePointSet(properties: [try property(isNegated: true)]))
    case "f": return .character(0x0C)
    case "n": return .character(0x0A)
    case "r": return .character(0x0D)
    case "t": return .character(0x09)
    case "v": return .character(0x0B)
    case "c":
      guard let letter = peek, (0x41...0x5A).contains(letter & ~0x20) else {
        throw unknown("c")
      }
      position += 1
      return .character(letter % 32)
    case "0":
      if let digit = peek, (0x30...0x39).contains(digit) { throw unknown("0") }
      return .character(0)
    case "x": return .character(try hex(digits: 2))
    case "u": return .character(try unicodeEscape())
    default:
      guard Self.syntaxCharacters.contains(next) else { throw unknown(Self.string([next])) }
      return .character(next)
    }
  }

  private func unknown(_ letters: String) -> PatternError {
    PatternError(
      message: #"ECMA-262 has no \"# + letters,
      remedy: "remove the backslash, or write the characters that you mean")
  }

  private mutating func hex(digits count: Int) throws(PatternError) -> UInt32 {
    let digits = Self.string(text[position...].prefix(count))
    guard digits.utf8.count == count, digits.first?.isHexDigit == true,
      let value = UInt32(digits, radix: 16)
    else {
      throw PatternError(
        message: "hexadecimal digits are missing", remedy: #"write \xHH, \uHHHH or \u{H…}"#)
    }
    position += count
    return value
  }

  private mutating func unicodeEscape() throws(PatternError) -> UInt32 {
    if take("{") {
      let length = text[position...].prefix(while: { $0 != "}" }).count
      let value = try hex(digits: length)
      guard length > 0, value <= CodePointSet.maximum, take("}") else {
        throw PatternError(
          message: "this is not a code point", remedy: #"write \u{0} to \u{10FFFF}"#)
      }
      return value
    }
    let first = try hex(digits: 4)
    let start = position
    if (0xD800...0xDBFF).contains(first), takeAll(#"\u"#), let second = try? hex(digits: 4),
      (0xDC00...0xDFFF).contains(second)
    {
      return 0x10000 + ((first & 0x3FF) << 10 | (second & 0x3FF))
    }
    position = start
    return first
  }

  private mutating func property(isNegated: Bool) throws(PatternError) -> CodePointSet.Property {
    guard take("{"), let end = text[position...].firstIndex(where: { $0 == "}" }) else {
      throw unknown(isNegated ? "P" : "p")
    }
    let name = Self.string(text[position..<end])
    position = end + 1
    guard let known = UnicodeProperty.pcreName(of: name) else {
      throw PatternError(
        message: "ECMA-262 has no Unicode property \(Excerpt.quoted(name))",
        remedy: #"write \p{L}, \p{Letter} or \p{Script=Han}"#)
    }
    return CodePointSet.Property(name: known, isNegated: isNegated)
  }

  /// Expects `position` behind the opening bracket and leaves it behind the closing one.
  mutating func characterClass() throws(PatternError) -> CodePointSet {
    var set = CodePointSet()
    set.isNegated = take("^")
    while !take("]") {
      let first = try classAtom()
      guard peek == "-", position + 1 < text.count, text[position + 1] != "]" else {
        set.add(first)
        continue
      }
      position += 1
      let last = try classAtom()
      guard first.properties.isEmpty, last.properties.isEmpty,
        let from = first.single, let to = last.single, from <= to
      else {
        throw PatternError(
          message: "a range in brackets does not go from one character up to another",
          remedy: #"write \- for a hyphen"#)
      }
      set.ranges.append(from...to)
    }
    return set
  }

  private mutating func classAtom() throws(PatternError) -> CodePointSet {
    guard let next = peek else {
      throw PatternError(message: "a bracket is not closed", remedy: "add ]")
    }
    position += 1
    guard next == "\\" else { return CodePointSet(ranges: [next...next]) }
    if take("b") { return CodePointSet(ranges: [8...8]) }
    if take("-") { return CodePointSet(ranges: [0x2D...0x2D]) }
    switch try escape() {
    case .character(let codePoint): return CodePointSet(ranges: [codePoint...codePoint])
    case .set(let set): return set
    }
  }
}

extension CodePointSet {
  /// The one code point that the set has.
  fileprivate var single: UInt32? {
    guard ranges.count == 1, ranges[0].count == 1 else { return nil }
    return ranges[0].lowerBound
  }

  fileprivate mutating func add(_ other: CodePointSet) {
    ranges += other.ranges
    properties += other.properties
  }
}
