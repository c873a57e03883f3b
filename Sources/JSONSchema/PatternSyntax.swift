// SPDX-License-Identifier: Apache-2.0

/// A regular expression of ECMA-262 with the `u` flag, as a tree.
indirect enum PatternSyntax: Sendable {
  case character(UInt32)
  case set(CodePointSet)
  case sequence([PatternSyntax])
  case choice([PatternSyntax])
  /// `nil` for `(?:…)`, else the number of the group.
  case group(Int?, PatternSyntax)
  case look(behind: Bool, negative: Bool, PatternSyntax)
  /// `maximum` is `nil` for no end.
  case repetition(PatternSyntax, minimum: Int, maximum: Int?, isLazy: Bool)
  case backreference(Int)
  case start
  case end
  case wordBoundary(isNegated: Bool)
}

/// A character class: code points and Unicode properties.
struct CodePointSet: Sendable {
  /// A Unicode property by the name that PCRE2 knows it by.
  struct Property: Sendable {
    let name: String
    let isNegated: Bool
  }

  var ranges: [ClosedRange<UInt32>] = []
  var properties: [Property] = []
  var isNegated = false

  static let maximum: UInt32 = 0x10FFFF

  /// `\d`
  static let digits = CodePointSet(ranges: [0x30...0x39])
  /// `\w`
  static let word = CodePointSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  /// `\s`: ECMA-262, WhiteSpace and LineTerminator.
  static let space = CodePointSet(ranges: [
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
    0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
  ])
  /// `.` leaves out LineTerminator.
  static let dot = CodePointSet(
    ranges: [0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029], isNegated: true)

  /// The ranges that are not in `ranges`, which are in order.
  var complementedRanges: [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if next < range.lowerBound { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= Self.maximum { result.append(next...Self.maximum) }
    return result
  }

  /// Whether the set holds a code point; only asked of sets without properties.
  func contains(_ codePoint: UInt32) -> Bool {
    ranges.contains { $0.contains(codePoint) } != isNegated
  }
}

/// Why a text is not a regular expression that is accepted here.
struct PatternError: Error {
  let message: String
  let remedy: String
}
