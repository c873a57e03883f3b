// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@Suite("Mistakes in a JSON text") struct SyntaxErrorTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let text: [UInt8]
    let reason: JSONSyntaxError.Reason
    let line: Int
    let column: Int

    init(_ text: String, _ reason: JSONSyntaxError.Reason, _ line: Int, _ column: Int) {
      self.init(Array(text.utf8), reason, line, column)
    }

    init(_ text: [UInt8], _ reason: JSONSyntaxError.Reason, _ line: Int, _ column: Int) {
      self.text = text
      self.reason = reason
      self.line = line
      self.column = column
    }

    var testDescription: String { "\(reason) at \(line):\(column)" }
  }

  static let rows: [Row] = [
    Row("", .emptyText, 1, 1),
    Row(" \n ", .emptyText, 2, 2),
    Row([0xEF, 0xBB, 0xBF, 0x31], .byteOrderMark, 1, 1),
    Row([0x22, 0xC3, 0x28, 0x22], .invalidUTF8, 1, 2),
    Row([0x22, 0xC0, 0x80, 0x22], .invalidUTF8, 1, 2),
    Row([0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8, 1, 2),
    Row([0x22, 0x61, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, 1, 3),
    Row([0x5B, 0xFF, 0x5D], .invalidUTF8, 1, 2),
    Row([0x22, 0x5C, 0x6E, 0x61, 0xFF, 0x22], .invalidUTF8, 1, 5),
    Row("{\"a\":\n  \"优惠券\",\n  \"优惠\" 1}", .expectedColon, 3, 8),
    Row("[1,2", .unexpectedEnd, 1, 5),
    Row("\"abc", .unexpectedEnd, 1, 5),
    Row("tru", .unexpectedEnd, 1, 4),
    Row("[nil]", .expectedValue, 1, 2),
    Row("{a:1}", .expectedName, 1, 2),
    Row("{\"a\":1,}", .expectedName, 1, 8),
    Row("[1,]", .expectedValue, 1, 4),
    Row("[1 2]", .expectedCommaOrBracket, 1, 4),
    Row("{\"a\":1 \"b\":2}", .expectedCommaOrBrace, 1, 8),
    Row("[01]", .invalidNumber, 1, 3),
    Row("[1.]", .invalidNumber, 1, 4),
    Row("-", .unexpectedEnd, 1, 2),
    Row("1e1234567890123456789", .numberOutOfRange, 1, 1),
    Row("\"a\tb\"", .controlCharacter, 1, 3),
    Row("\"\\x41\"", .invalidEscape, 1, 2),
    Row("\"\\u12g4\"", .invalidEscape, 1, 2),
    Row("\"x\\ud800\"", .loneSurrogate, 1, 3),
    Row("\"\\udc00\\ud800\"", .loneSurrogate, 1, 2),
    Row("\"\\ud800\\u0041\"", .loneSurrogate, 1, 2),
    Row("{\"a\":1,\n\"\\u0061\":2}", .duplicateName, 2, 1),
    Row("{} {}", .trailingBytes, 1, 4),
    Row("1\u{0}", .trailingBytes, 1, 2),
  ]

  @Test("each mistake is told with its reason, line and column", arguments: rows)
  func place(row: Row) throws {
    let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: row.text) }
    #expect(error.reason == row.reason)
    #expect(error.line == row.line)
    #expect(error.column == row.column)
    #expect(error.message.hasPrefix("line \(row.line), column \(row.column): "))
  }

  @Test("a text may be nested as deep as the maximum and no deeper")
  func depth() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
    let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(65)) }
    #expect(error?.reason == .tooDeep)
    #expect(error?.column == 65)
    #expect(throws: Never.self) { try JSONValue(parsing: nested(512), maximumDepth: 512) }
  }

  @Test(
    "a million brackets are refused without a stack frame for each", arguments: ["[", "{\"a\":"])
  func brackets(opening: String) throws {
    let text = Array(String(repeating: opening, count: 1_000_000).utf8)
    let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    #expect(error.reason == .tooDeep)
  }

  @Test("names are compared by their bytes: composed and decomposed letters differ")
  func canonicalEquivalence() throws {
    let value = try JSONValue(parsing: Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
    #expect(value["\u{E9}"] == 1)
    #expect(value["e\u{301}"] == 2)
    #expect(JSONValue.string("\u{E9}") != JSONValue.string("e\u{301}"))
  }

  @Test("a duplicate among thousands of names is found")
  func manyNames() throws {
    let names = (0..<5000).map { "\"n\($0)\":\($0)" }
    let text = "{" + names.joined(separator: ",") + "}"
    #expect(try JSONValue(parsing: Array(text.utf8))["n4999"] == 4999)
    let twice = text.dropLast() + ",\"n17\":0}"
    let error = #expect(throws: JSONSyntaxError.self) {
      try JSONValue(parsing: Array(twice.utf8))
    }
    #expect(error?.reason == .duplicateName)
  }
}
