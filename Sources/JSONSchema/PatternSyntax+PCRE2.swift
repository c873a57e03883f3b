// SPDX-License-Identifier: Apache-2.0

extension PatternSyntax {
  /// The same expression for PCRE2 (`man pcre2pattern`), in which nothing is left to its options
  /// but
  /// `$`, empty classes and references to groups that took no part.
  var pcre: String {
    switch self {
    case .character(let codePoint): Self.escaped(codePoint)
    case .set(let set): set.pcre
    case .sequence(let terms): terms.map(\.pcre).joined()
    case .choice(let branches): branches.map(\.pcre).joined(separator: "|")
    case .group(let number, let inner): (number == nil ? "(?:" : "(") + inner.pcre + ")"
    case .look(let behind, let negative, let inner):
      "(?" + (behind ? "<" : "") + (negative ? "!" : "=") + inner.pcre + ")"
    case .repetition(let inner, let minimum, let maximum, let isLazy):
      "(?:\(inner.pcre)){\(minimum),\(maximum.map(String.init) ?? "")}" + (isLazy ? "?" : "")
    case .backreference(let number): "\\g{\(number)}"
    case .start: "^"
    case .end: "$"
    case .wordBoundary(let isNegated): isNegated ? "\\B" : "\\b"
    }
  }

  /// Surrogates cannot be in UTF-8, so a lone one matches nothing.
  private static func escaped(_ codePoint: UInt32) -> String {
    if (0xD800...0xDFFF).contains(codePoint) { return "[]" }
    return "\\x{" + String(codePoint, radix: 16) + "}"
  }
}

extension CodePointSet {
  fileprivate var pcre: String {
    let items = ranges.flatMap(Self.withoutSurrogates).map { range in
      "\\x{\(String(range.lowerBound, radix: 16))}-\\x{\(String(range.upperBound, radix: 16))}"
    }
    let names = properties.map { ($0.isNegated ? "\\P{" : "\\p{") + $0.name + "}" }
    return (isNegated ? "[^" : "[") + items.joined() + names.joined() + "]"
  }

  private static func withoutSurrogates(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
    guard range.overlaps(0xD800...0xDFFF) else { return [range] }
    var parts: [ClosedRange<UInt32>] = []
    if range.lowerBound < 0xD800 { parts.append(range.lowerBound...0xD7FF) }
    if range.upperBound > 0xDFFF { parts.append(0xE000...range.upperBound) }
    return parts
  }
}
