// SPDX-License-Identifier: Apache-2.0

/// Reads a regular expression by ECMA-262, 22.2.1, with the `u` flag, strictly: what is only
/// tolerated by browsers (annex B) or belongs to other languages (`\A`, `\Z`, `(?i)`, `a++`) is a
/// mistake, since it would mean something else elsewhere.
struct PatternParser {
  let text: [UInt32]
  var position = 0
  private var groupCount = 0
  private var depth = 0
  private let groupNames: [String: Int]
  private let groupTotal: Int

  private static let maximumDepth = 100

  static func parse(_ pattern: String) throws(PatternError) -> PatternSyntax {
    var parser = PatternParser(Array(pattern.unicodeScalars.map(\.value)))
    let syntax = try parser.choice()
    guard parser.position == parser.text.count else {
      throw PatternError(message: "a closing parenthesis has no opening one", remedy: #"write \)"#)
    }
    return syntax
  }

  private init(_ text: [UInt32]) {
    self.text = text
    (groupNames, groupTotal) = Self.groups(in: text)
  }

  /// Counts the capturing groups beforehand: a reference may stand before its group.
  private static func groups(in text: [UInt32]) -> ([String: Int], Int) {
    var names: [String: Int] = [:]
    var total = 0
    var inClass = false
    var index = 0
    while index < text.count {
      switch text[index] {
      case "\\": index += 1
      case "[": inClass = true
      case "]": inClass = false
      case "(" where !inClass:
        guard index + 1 < text.count, text[index + 1] == "?" else {
          total += 1
          break
        }
        guard index + 3 < text.count, text[index + 2] == "<", text[index + 3] != "=",
          text[index + 3] != "!"
        else { break }
        total += 1
        let end = text[index...].firstIndex { $0 == ">" } ?? text.endIndex
        names[string(text[(index + 3)..<max(index + 3, end)])] = total
      default: break
      }
      index += 1
    }
    return (names, total)
  }

  static func string(_ codePoints: some Sequence<UInt32>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: codePoints.compactMap(Unicode.Scalar.init))
    return String(view)
  }

  // MARK: Grammar

  private mutating func choice() throws(PatternError) -> PatternSyntax {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw PatternError(message: "groups are nested too deeply", remedy: "write it more simply")
    }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(PatternError) -> PatternSyntax {
    var terms: [PatternSyntax] = []
    while let next = peek, next != "|", next != ")" { terms.append(try term()) }
    return terms.count == 1 ? terms[0] : .sequence(terms)
  }

  private mutating func term() throws(PatternError) -> PatternSyntax {
    if take("^") { return .start }
    if take("$") { return .end }
    if takeAll(#"\b"#) { return .wordBoundary(isNegated: false) }
    if takeAll(#"\B"#) { return .wordBoundary(isNegated: true) }
    for (opening, behind, negative) in [
      ("(?=", false, false), ("(?!", false, true), ("(?<=", true, false), ("(?<!", true, true),
    ] where takeAll(opening) {
      let inner = try choice()
      try close()
      return .look(behind: behind, negative: negative, inner)
    }
    return try quantified(try atom())
  }

  private mutating func atom() throws(PatternError) -> PatternSyntax {
    guard let next = peek else { return .sequence([]) }
    position += 1
    switch next {
    case ".": return .set(.dot)
    case "(": return try group()
    case "[": return .set(try characterClass())
    case "\\": return try atomEscape()
    case "*", "+", "?", "{":
      throw PatternError(
        message: "\(Self.string([next])) stands where there is nothing to repeat",
        remedy: #"write \"# + Self.string([next]) + " for the character itself")
    case "}", "]":
      throw PatternError(
        message: "\(Self.string([next])) has no opening partner",
        remedy: #"write \"# + Self.string([next]) + " for the character itself")
    default: return .character(next)
    }
  }

  private mutating func group() throws(PatternError) -> PatternSyntax {
    var number: Int?
    if !takeAll("?:") {
      groupCount += 1
      number = groupCount
      if takeAll("?<") {
        _ = try groupName()
      } else if peek == "?" {
        throw PatternError(
          message: "(? is followed by something that ECMA-262 does not know",
          remedy: "use (?:, (?=, (?!, (?<=, (?<! or (?<name>")
      }
    }
    let inner = try choice()
    try close()
    return .group(number, inner)
  }

  private mutating func close() throws(PatternError) {
    guard take(")") else {
      throw PatternError(message: "a group is not closed", remedy: "add a closing parenthesis")
    }
  }

  /// Reads up to the `>` behind a group's name.
  mutating func groupName() throws(PatternError) -> String {
    let start = position
    while let next = peek, next != ">" { position += 1 }
    let name = Self.string(text[start..<position])
    let isName = name.unicodeScalars.allSatisfy {
      $0 == "$" || $0 == "_" || $0.properties.isIDContinue
    }
    guard take(">"), isName, let first = name.unicodeScalars.first,
      !first.properties.isIDContinue || first.properties.isIDStart || first == "_"
    else {
      throw PatternError(message: "a group's name is not a name", remedy: "write (?<name>…)")
    }
    return name
  }

  private mutating func quantified(_ atom: PatternSyntax) throws(PatternError) -> PatternSyntax {
    var minimum = 0
    var maximum: Int?
    if take("*") {
    } else if take("+") {
      minimum = 1
    } else if take("?") {
      maximum = 1
    } else if take("{") {
      minimum = try repetitionCount()
      maximum = minimum
      if take(",") { maximum = peek == "}" ? nil : try repetitionCount() }
      guard take("}"), maximum ?? minimum >= minimum else {
        throw PatternError(
          message: "a repetition in braces is not {n}, {n,} or {n,m} with n up to m",
          remedy: #"correct it, or write \{ for the character itself"#)
      }
    } else {
      return atom
    }
    let isLazy = take("?")
    return .repetition(atom, minimum: minimum, maximum: maximum, isLazy: isLazy)
  }

  private mutating func repetitionCount() throws(PatternError) -> Int {
    let start = position
    var count = 0
    while let next = peek, (0x30...0x39).contains(next) {
      count = min(count * 10 + Int(next - 0x30), 100_000)
      position += 1
    }
    guard position > start, count <= 65_535 else {
      throw PatternError(
        message: "a repetition has no count, or one beyond 65535",
        remedy: "write {n}, {n,} or {n,m}")
    }
    return count
  }

  /// A group by its number, which must exist.
  func reference(to number: Int) throws(PatternError) -> PatternSyntax {
    guard number >= 1, number <= groupTotal else {
      throw PatternError(
        message: "there is no group number \(number)", remedy: "correct the number")
    }
    return .backreference(number)
  }

  /// A group by its name, which must exist.
  func reference(to name: String) throws(PatternError) -> PatternSyntax {
    guard let number = groupNames[name] else {
      throw PatternError(message: "no group has that name", remedy: "correct the name in \\k<name>")
    }
    return .backreference(number)
  }

  // MARK: Code points

  var peek: UInt32? { position < text.count ? text[position] : nil }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == character else { return false }
    position += 1
    return true
  }

  mutating func takeAll(_ word: String) -> Bool {
    let wanted = word.unicodeScalars.map(\.value)
    guard text[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }
}

/// Lets code points be compared with characters as they are written.
func ~= (character: Unicode.Scalar, codePoint: UInt32) -> Bool { character.value == codePoint }
func == (codePoint: UInt32?, character: Unicode.Scalar) -> Bool { codePoint == character.value }
func != (codePoint: UInt32?, character: Unicode.Scalar) -> Bool { codePoint != character.value }
