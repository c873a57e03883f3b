// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite("Canonical form") struct CanonicalFormTests {
  func canonical(_ text: String) throws -> String {
    String(decoding: try JSONValue(parsing: Array(text.utf8)).canonicalBytes(), as: UTF8.self)
  }

  @Test("RFC 8785's examples come out byte for byte", arguments: ["primitives", "sorting"])
  func examples(name: String) throws {
    let value = try JSONValue(parsing: Vectors.bytes("RFC8785/\(name).json"))
    #expect(try value.canonicalBytes() == Vectors.bytes("RFC8785/\(name).canonical"))
  }

  @Test("RFC 8785's doubles are written as its appendix B writes them")
  func numbers() throws {
    let rows = try Vectors.text("RFC8785/numbers.txt").split(separator: "\n")
    #expect(rows.count == 24)
    for row in rows {
      let parts = row.split(separator: " ").map(String.init)
      let bits = try #require(UInt64(parts[0], radix: 16))
      #expect(try canonical(Double(bitPattern: bits).description) == parts[1])
      #expect(try canonical(parts[1]) == parts[1])
    }
  }

  @Test("white space and the order of members do not matter")
  func order() throws {
    #expect(
      try canonical(#" { "b" : [ 1 , 2 ] , "a" : { "d":1, "c":2 } } "#)
        == #"{"a":{"c":2,"d":1},"b":[1,2]}"#)
    #expect(try canonical("[]") == "[]")
    #expect(try canonical("{}") == "{}")
  }

  @Test(
    "one value has one text",
    arguments: [
      ("1.0", "1"), ("10e-1", "1"), ("-0", "0"), ("-0.0", "0"), ("0e5", "0"), ("1e2", "100"),
      ("1E21", "1e+21"), ("100000000000000000000", "100000000000000000000"),
      ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("1.10", "1.1"), ("-1.5e-10", "-1.5e-10"),
      ("0.1000000000000000055", "0.1000000000000000055"), ("12e-1", "1.2"),
      ("1e999999999", "1e+999999999"), ("1e-999999999", "1e-999999999"),
    ])
  func numberTexts(text: String, expected: String) throws {
    #expect(try canonical(text) == expected)
  }

  @Test("different numbers of 64 bits never become alike")
  func exactIntegers() throws {
    #expect(try canonical("9007199254740993") == "9007199254740993")
    #expect(try canonical("18446744073709551615") == "18446744073709551615")
    #expect(try canonical("18446744073709551614") == "18446744073709551614")
    #expect(try canonical("9223372036854775808") == "9223372036854775808")
    #expect(try canonical("9007199254740992.5") != canonical("9007199254740992"))
  }
}
