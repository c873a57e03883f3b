// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema
import TestSupport
import Testing

@Suite("Patterns by ECMA-262 with the u flag") struct PatternTests {
  func matches(_ pattern: String, _ text: String) throws -> Bool {
    try Schema(compiling: ["pattern": .string(pattern)]).accepts(.string(text))
  }

  static let meanings: [(String, String, Bool)] = [
    ("es", "expression", true), ("^a$", "a\n", false), ("^.$", "\n", false),
    ("^.$", "\u{2028}", false),
    ("^.$", "\u{85}", true), ("^.$", "\u{1F600}", true), ("^[^a]$", "\u{1F600}", true),
    (#"^\d$"#, "\u{661}", false), (#"^\D$"#, "\u{661}", true), (#"^\w$"#, "é", false),
    (#"^\W$"#, "é", true), (#"^\s$"#, "\u{FEFF}", true), (#"^\s$"#, "\u{3000}", true),
    (#"^\S$"#, "\u{A0}", false), (#"^[\s]$"#, "\u{2003}", true), (#"^[^\s]$"#, "\u{2003}", false),
    (#"^[\S]$"#, "x", true), (#"^[\W\d]$"#, "5", true), (#"\bcafé\b"#, "café", false),
    (#"^\cJ$"#, "\n", true), (#"^\x41\u0042\u{43}$"#, "ABC", true),
    (#"^\uD83D\uDE00$"#, "\u{1F600}", true), (#"^\0$"#, "\u{0}", true), ("[]", "a", false),
    ("^[^]$", "\n", true), (#"^\p{Lu}$"#, "É", true), (#"^\p{Letter}+$"#, "优惠", true),
    (#"^\p{Script=Han}+$"#, "优惠", true), (#"^\p{sc=Han}+$"#, "abc", false),
    (#"^\P{L}$"#, "1", true), (#"^\p{gc=Decimal_Number}$"#, "\u{661}", true),
    (#"^\p{Emoji_Presentation}$"#, "\u{1F600}", true), (#"^[\p{Lu}\d]+$"#, "A1", true),
    (#"^(a)?\1b$"#, "b", true), (#"^(?<x>a|b)\k<x>$"#, "bb", true),
    (#"^(?<x>a|b)\k<x>$"#, "ab", false),
    ("(?<=a)b", "ab", true), ("(?<!a)b", "ab", false), ("^(?=a)a(?!b)", "ac", true),
    ("^a{2,}?$", "aaa", true), ("^(?:ab|c){2}$", "abc", true),
    (#"^[\-\]\\^]+$"#, #"-]\^"#, true), ("^[a-]+$", "a-", true), ("^[b-df]+$", "bdf", true),
    (#"^[\b]$"#, "\u{8}", true), (#"^#\u0020x$"#, "# x", true), ("^[[:alpha:]$", ":", true),
    (#"^[\uD800-\uDFFF]$"#, "a", false), ("", "anything", true), ("^$", "", true),
    ("^a*$", "", true),
    ("^a|b$", "ax", true), ("(?:)", "", true),
  ]

  @Test("patterns mean what ECMA-262 says", arguments: meanings)
  func semantics(pattern: String, text: String, expected: Bool) throws {
    #expect(try matches(pattern, text) == expected)
  }

  static let refusals: [String] = [
    #"\Z"#, #"\A"#, #"\a"#, #"\z"#, #"\e"#, #"\h"#, #"\R"#, #"\Q"#, #"\G"#, #"\-"#, #"\_"#,
    #"\8"#,
    #"\c1"#, #"\c"#, #"\00"#, #"\01"#, #"\x4"#, #"\u12"#, #"\u{110000}"#, #"\u{}"#, #"\p"#,
    #"\p{}"#,
    #"\p{Foo}"#, #"\p{lu}"#, #"\p{Script=Nowhere}"#, #"\p{Han}"#, #"\1"#, #"(a)\2"#, #"\k<x>"#,
    #"\k"#,
    "a**", "a++", "*a", "+", "?", "a{2", "{2}", "a{,2}", "a{2,1}", "a{70000}", "}", "]", ")", "(",
    "[",
    "[b-a]", #"[\d-z]"#, #"[a-\d]"#, "(?i)a", "(?>a)", "(?#x)", "(?P<x>a)", "(?|a)", "(?<1>a)",
    "(?<>a)",
    "(?=a)*", "^*", #"\b+"#, #"[\q]"#, #"[\B]"#, "\\",
  ]

  @Test("what is not ECMA-262 is refused", arguments: refusals)
  func refused(pattern: String) throws {
    #expect(throws: SchemaMistakes.self) { try matches(pattern, "") }
    let isFormatted = try schema(#"{"format":"regex"}"#).accepts(.string(pattern))
    #expect(isFormatted == isKnownToPCREOnly(pattern))
  }

  /// Whether a script exists only PCRE2 knows, so `format` cannot tell.
  func isKnownToPCREOnly(_ pattern: String) -> Bool { pattern.contains("Script=") }

  @Test(
    "a pattern that explodes ends in a violation, quiet or not",
    arguments: [
      #"{"pattern":"^(a+)+$"}"#, #"{"pattern":"^(a|aa)+$"}"#, #"{"not":{"pattern":"^(a|a)*$"}}"#,
      #"{"anyOf":[{"pattern":"(x+x+)+y|^(a*)*$"},true]}"#, #"{"pattern":"^(?:a?){40}a{40}$"}"#,
    ])
  func explosion(text: String) throws {
    let body = JSONValue.string(String(repeating: "a", count: 39) + "!")
    let found = try schema(text).violations(in: body)
    #expect(found.count == 1)
    #expect(found.first?.message.contains("bounded number of steps") == true)
  }

  @Test("an exploding pattern costs a body of many strings one bound, not one for each")
  func manyExplosions() throws {
    let item = JSONValue.string(String(repeating: "a", count: 39) + "!")
    let body = JSONValue.array(Array(repeating: item, count: 2000))
    #expect(try schema(#"{"items":{"pattern":"^(a+)+$"}}"#).violations(in: body).count == 1)
  }

  @Test("an exploding pattern for member names ends too")
  func names() throws {
    let body = JSONValue.object(
      JSONObject([.init(name: String(repeating: "a", count: 39) + "!", value: 1)]))
    let found = try schema(#"{"patternProperties":{"^(a+)+$":true}}"#).violations(in: body)
    #expect(found.map(\.keyword) == ["patternProperties"])
  }

  @Test("long texts that match without backtracking are within the bound")
  func longTexts() throws {
    let text = String(repeating: "ab c9", count: 13_000)
    #expect(try matches("^(?:[a-z]+ [a-z][0-9])+$", text))
    #expect(try matches("c9$", text))
  }

  @Test("the table for one repeated class and the engine agree on random texts")
  func tableAgainstEngine() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix(seed: seed)
    let classes = [
      "[a-f0-9]", "[^a-f]", #"[\w\-]"#, #"\d"#, ".", #"[^\s]"#, "[优惠a]", #"[\0-\x7f]"#, "[^]",
    ]
    let letters = Array("abfg09-_ \n优惠é\u{1F600}\u{2028}").flatMap(\.unicodeScalars)
    for _ in 0..<400 {
      let set = classes.randomElement(using: &random) ?? "."
      let repetition =
        ["", "+", "*", "?", "{2}", "{1,3}", "{2,}"].randomElement(using: &random) ?? ""
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        if let letter = letters.randomElement(using: &random) { text.append(letter) }
      }
      let table = try matches("^\(set)\(repetition)$", String(text))
      let engine = try matches("^(?:\(set))\(repetition)$", String(text))
      #expect(table == engine, "seed \(seed): \(set)\(repetition) on \(Array(text))")
    }
  }
}
