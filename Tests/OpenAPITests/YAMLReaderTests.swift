// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import OpenAPI

@Suite("YAML as JSON")
struct YAMLReaderTests {
  @Test(
    "an unquoted scalar is what JSON says, or a string",
    arguments: [
      ("null", JSONValue.null), ("~", .null), ("", .null), ("true", .bool(true)),
      ("false", .bool(false)),
      ("12", 12), ("-0", 0), ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"),
      ("12:30", "12:30"), ("2015-05-20", "2015-05-20"),
      ("2015-05-20T13:29:35+08:00", "2015-05-20T13:29:35+08:00"),
      ("3.1.0", "3.1.0"), ("1.2.3.4", "1.2.3.4"), ("60s", "60s"), ("/a", "/a"), ("=", "="),
      (".", "."), ("-", "-"),
      ("100002322019090134234sfdf", "100002322019090134234sfdf"), ("e5", "e5"), ("0x", "0x"),
      ("+", "+"),
    ])
  func plainScalar(text: String, value: JSONValue) {
    var reader = YAMLReader()
    #expect(reader.read("a: \(text == "-" ? "\"-\"" : text)")?["a"] == value)
    #expect(reader.mistakes.isEmpty)
  }

  @Test(
    "a number keeps its text",
    arguments: ["1e3", "1.50", "9223372036854775808", "-0", "6.02E+23", "0.1", "1.0"])
  func numberText(text: String) {
    var reader = YAMLReader()
    #expect(reader.read("- \(text)")?.arrayValue?.first?.numberValue?.text == text)
  }

  @Test(
    "what YAML readers understand differently is refused",
    arguments: [
      "True", "TRUE", "False", "FALSE", "Null", "NULL", "0x10", "0o17", "0b101", "017", "+1", ".5",
      "1.", "1_000",
      ".inf", "-.inf", ".NaN", "1.e3",
    ])
  func ambiguous(text: String) throws {
    var reader = YAMLReader()
    #expect(reader.read("a:\n  b: \(text)") == nil)
    let mistake = try #require(reader.mistakes.first)
    #expect(mistake.line == 2)
    #expect(mistake.pointer == "/a/b")
    #expect(mistake.message.contains(text))
  }

  @Test(
    "quotes make a string of anything",
    arguments: ["'0x10'", "\"True\"", "'null'", "\"12\"", "''", "!!str 12"])
  func quoted(text: String) {
    var reader = YAMLReader()
    #expect(reader.read("a: \(text)")?["a"]?.stringValue != nil)
  }

  @Test(
    "what JSON cannot hold is refused with its line",
    arguments: [
      ("a: 1\na: 2", "twice"), ("a: !!binary AA==", "tag"), ("? [1]\n: 2", "key"),
      ("b: &b {c: 1}\na:\n  <<: *b", "key"),
      ("a: *nothing", "YAML"), ("a: [1", "YAML"), ("\ta: 1", "YAML"), ("a: 1\n---\nb: 2", "YAML"),
      ("", "empty"),
    ])
  func refused(text: String, word: String) {
    var reader = YAMLReader()
    #expect(reader.read(text) == nil)
    #expect(reader.mistakes.contains { $0.message.contains(word) })
  }

  @Test("every value knows its line")
  func lines() {
    var reader = YAMLReader()
    _ = reader.read("a: 1\nb:\n  - x\n  - c: 2\n    d/e: 3\n")
    #expect(
      reader.lines == ["": 1, "/a": 1, "/b": 2, "/b/0": 3, "/b/1": 4, "/b/1/c": 4, "/b/1/d~1e": 5])
  }

  @Test("an alias stands for what it names; aliases of aliases do not fill the memory")
  func aliases() {
    var reader = YAMLReader()
    #expect(reader.read("a: &x {y: 1}\nb: *x")?["b"]?["y"] == 1)
    var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      laughs += "a\(level): &a\(level) [\(aliases)]\n"
    }
    var second = YAMLReader()
    #expect(second.read(laughs) == nil)
    #expect(second.mistakes.map(\.pointer) == [""])
  }
}
