// SPDX-License-Identifier: Apache-2.0

/// A regular expression of ECMA-262 (`u` flag), compiled. Searches anywhere in a text, as `pattern`
/// does, with a bound on its steps.
final class Pattern: Sendable {
  enum Outcome: Equatable {
    case matches
    /// `stranger` is a character that the pattern has no place for, where that is known.
    case differs(stranger: Unicode.Scalar?)
    /// The bound was reached: neither is known.
    case tooCostly
  }

  /// As it stands in the schema.
  let source: String
  private let run: CharacterRun?
  private let expression: PCRE2Expression?

  init(_ source: String) throws(PatternError) {
    self.source = source
    let syntax = try PatternParser.parse(source)
    run = CharacterRun(syntax)
    // Compiled even where the table decides: what one engine refuses is refused.
    let expression = try PCRE2Expression(syntax.pcre)
    self.expression = run == nil ? expression : nil
  }

  func match(_ text: String, in workspace: inout PatternRun) -> Outcome {
    if let run { return run.match(text) }
    return expression?.match(text, in: &workspace) ?? .tooCostly
  }

  /// The pattern for a message: shortened, since it comes from a document.
  var shown: String {
    source.unicodeScalars.count <= 160 ? source : String(source.unicodeScalars.prefix(160)) + "…"
  }

  func message(for text: String, stranger: Unicode.Scalar?) -> String {
    guard let stranger else { return "is \(Excerpt.quoted(text)); it must match \(shown)" }
    let hex = String(stranger.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    let isVisible = stranger.value > 0x20 && stranger.value < 0x7F
    let name = isVisible ? "\(Excerpt.quoted(String(stranger))) (\(code))" : code
    return "contains the character \(name), which is not allowed; it must match \(shown)"
  }
}
