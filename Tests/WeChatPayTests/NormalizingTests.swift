// SPDX-License-Identifier: Apache-2.0
import Foundation
import GatewayCore
import JSON
import TestSupport
import Testing

@testable import OpenAPI
@testable import WeChatPay

@Suite("Normalizing")
struct NormalizingTests {
  /// A schema, what came, and what the caller sees.
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var shape: Shape
    var before: String
    var after: String

    var testDescription: String { name }
  }

  static let integer = Shape(types: .integer)
  static let string = Shape(types: .string)
  static let strings = Shape(types: .array, items: string)
  static let moment = Shape(types: .string, format: "date-time")

  static func object(_ properties: (String, Shape)..., additional: Shape? = nil) -> Shape {
    Shape(
      types: .object, properties: properties.map { Shape.Property(name: $0.0, shape: $0.1) },
      additionalProperties: additional)
  }

  static let rows = [
    // A single value where a list is declared.
    Row(name: "a string for a list", shape: strings, before: #""A""#, after: #"["A"]"#),
    Row(name: "a number for a list", shape: Shape(types: .array), before: "1.50", after: "[1.50]"),
    Row(name: "false for a list", shape: Shape(types: .array), before: "false", after: "[false]"),
    Row(
      name: "an object for a list of objects",
      shape: Shape(types: .array, items: object(("n", integer))), before: #"{"n":"7"}"#,
      after: #"[{"n":7}]"#),
    Row(
      name: "a decimal string for a list of integers", shape: Shape(types: .array, items: integer),
      before: #""7""#,
      after: "[7]"),
    Row(name: "a list stays one", shape: strings, before: #"["A","B"]"#, after: #"["A","B"]"#),
    Row(name: "an empty list stays empty", shape: strings, before: "[]", after: "[]"),
    Row(
      name: "a single value for a list that may be null",
      shape: Shape(types: [.array, .null], items: string),
      before: #""A""#, after: #"["A"]"#),
    Row(
      name: "a string where a string or a list is declared",
      shape: Shape(types: [.array, .string]),
      before: #""A""#, after: #""A""#),
    Row(name: "null is no value for a list", shape: strings, before: "null", after: "null"),
    // Integers.
    Row(name: "a decimal string", shape: integer, before: #""10""#, after: "10"),
    Row(name: "a negative one", shape: integer, before: #""-3""#, after: "-3"),
    Row(
      name: "the largest of 64 bits", shape: integer, before: #""18446744073709551615""#,
      after: "18446744073709551615"),
    Row(
      name: "the smallest of 64 bits", shape: integer, before: #""-9223372036854775808""#,
      after: "-9223372036854775808"),
    Row(
      name: "beyond 2^53, exactly", shape: integer, before: #""9007199254740993""#,
      after: "9007199254740993"),
    Row(
      name: "more than 64 bits stays text", shape: integer, before: #""18446744073709551616""#,
      after: #""18446744073709551616""#),
    Row(name: "leading zeros", shape: integer, before: #""007""#, after: "7"),
    Row(name: "a fraction stays text", shape: integer, before: #""1.5""#, after: #""1.5""#),
    Row(name: "words stay text", shape: integer, before: #""many""#, after: #""many""#),
    Row(name: "an empty text stays text", shape: integer, before: #""""#, after: #""""#),
    Row(name: "white space stays text", shape: integer, before: #"" 1""#, after: #"" 1""#),
    Row(name: "a plus sign stays text", shape: integer, before: #""+1""#, after: #""+1""#),
    Row(
      name: "an integer stays as it is written", shape: integer, before: "12345678901234567890123",
      after: "12345678901234567890123"),
    Row(
      name: "a decimal string for an integer that may be null",
      shape: Shape(types: [.integer, .null]),
      before: #""5""#, after: "5"),
    Row(
      name: "a decimal string where text is declared", shape: string, before: #""10""#,
      after: #""10""#),
    Row(
      name: "a decimal string where text or an integer is declared",
      shape: Shape(types: [.integer, .string]),
      before: #""10""#, after: #""10""#),
    // Defaults.
    Row(
      name: "absent and null members get their default, at the end and in place",
      shape: object(
        ("a", Shape(types: .array, defaultValue: [])),
        ("b", Shape(types: .integer, defaultValue: 0))),
      before: #"{"b":null,"x":1}"#, after: #"{"b":0,"x":1,"a":[]}"#),
    Row(
      name: "a member without a default stays absent", shape: object(("a", string)), before: "{}",
      after: "{}"),
    Row(
      name: "a default has its own defaults",
      shape: object(
        (
          "a",
          Shape(
            types: .object, defaultValue: [:],
            properties: [.init(name: "n", shape: Shape(types: .integer, defaultValue: 0))])
        )),
      before: "{}", after: #"{"a":{"n":0}}"#),
    Row(
      name: "null for a member whose default is null",
      shape: object(("a", Shape(types: .string, defaultValue: .null))),
      before: #"{"a":null}"#, after: #"{"a":null}"#),
    Row(
      name: "null items of a list get their default",
      shape: Shape(types: .array, items: Shape(types: .integer, defaultValue: 0)),
      before: "[1,null]", after: "[1,0]"),
    // What is not declared.
    Row(
      name: "unknown members pass untouched, numbers exactly", shape: object(("a", integer)),
      before:
        #"{"z":1.50,"y":1e400,"x":-0,"w":12345678901234567890.10,"v":{"a":"1"},"u":null,"t":"2015-05-20 13:29:35"}"#,
      after:
        #"{"z":1.50,"y":1e400,"x":-0,"w":12345678901234567890.10,"v":{"a":"1"},"u":null,"t":"2015-05-20 13:29:35"}"#
    ),
    Row(
      name: "members keep their order", shape: object(("b", integer), ("a", integer)),
      before: #"{"a":"1","b":"2"}"#,
      after: #"{"a":1,"b":2}"#),
    Row(
      name: "members of any name", shape: object(additional: integer),
      before: #"{"p":"1","q":[2]}"#,
      after: #"{"p":1,"q":[2]}"#),
    Row(
      name: "names count byte by byte", shape: object(("\u{E9}", integer)),
      before: "{\"e\u{301}\":\"1\"}",
      after: "{\"e\u{301}\":\"1\"}"),
    Row(
      name: "nothing is declared", shape: Shape(), before: #"{"a":["1",null]}"#,
      after: #"{"a":["1",null]}"#),
    Row(
      name: "a list where an object is declared stays", shape: object(("a", integer)),
      before: #"[{"a":"1"}]"#,
      after: #"[{"a":"1"}]"#),
    // Moments, in place.
    Row(
      name: "a documented spelling of a moment", shape: object(("t", moment)),
      before: #"{"t":"2015-05-20T13:29:35:120+08:00"}"#,
      after: #"{"t":"2015-05-20T13:29:35.120+08:00"}"#),
    Row(
      name: "a moment without a declared type", shape: Shape(format: "date-time"),
      before: #""2015-05-20 13:29:35""#,
      after: #""2015-05-20T13:29:35+08:00""#),
    Row(
      name: "a moment for a list of moments", shape: Shape(types: .array, items: moment),
      before: #""20150520132935""#, after: #"["2015-05-20T13:29:35+08:00"]"#),
    Row(
      name: "what is no moment stays", shape: moment, before: #""yesterday""#,
      after: #""yesterday""#),
  ]

  static func normalized(_ text: String, _ shape: Shape) throws -> String {
    let value = try JSONValue(parsing: Array(text.utf8))
    return String(decoding: value.normalized(to: shape).serialized(), as: UTF8.self)
  }

  @Test("an answer is made to fit what is declared", arguments: rows)
  func fits(_ row: Row) throws {
    #expect(try Self.normalized(row.before, row.shape).utf8.elementsEqual(row.after.utf8))
    #expect(
      try Self.normalized(row.after, row.shape).utf8.elementsEqual(row.after.utf8),
      "a second time changes nothing")
  }

  @Test("the upload's answer always has every list and every count")
  func upload() throws {
    let exchange = try ExampleAPI.exchange()
    let shape = try #require(exchange.operation.shape(forStatus: 200))
    let seen = try JSONValue(
      parsing: Array(
        Self.normalized(
          #"{"stock_id":"1","success_codes":"A","fail_count":"1","success_time":"2015-05-20T13:29:35:120+08:00","new":1.0}"#,
          shape
        ).utf8))
    #expect(
      seen == [
        "stock_id": "1", "success_codes": ["A"], "fail_count": 1,
        "success_time": "2015-05-20T13:29:35.120+08:00", "new": 1, "total_count": 0,
        "success_count": 0,
        "fail_codes": [], "exist_codes": [], "duplicate_codes": [],
      ])
  }

  static func times() throws -> [(before: String, after: String?)] {
    try Repository.text("Tests/Vectors/WeChatPay/times.tsv").split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map { line in
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        try #require(fields.count == 2)
        return (fields[0], fields[1] == "-" ? nil : fields[1])
      }
  }

  @Test("moments in every known spelling become RFC 3339")
  func spellings() throws {
    let times = try Self.times()
    #expect(times.count > 20)
    for (before, after) in times {
      #expect(rfc3339(before) == after, "\(before)")
      if let after { #expect(rfc3339(after) == after, "\(after) a second time") }
    }
  }

  @Test("normalizing twice is normalizing once, whatever the schema and the answer")
  func idempotent() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    for _ in 0..<3000 {
      let shape = Self.randomShape(depth: 3, &random)
      let value = Self.randomValue(depth: 4, &random)
      let once = value.normalized(to: shape)
      #expect(once.normalized(to: shape).serialized() == once.serialized(), "seed \(seed)")
    }
  }

  static let names = ["a", "b", "c", "d"]

  static func randomShape(depth: Int, _ random: inout SplitMix) -> Shape {
    let kinds: [Shape.Types] = [.null, .boolean, .integer, .number, .string, .array, .object]
    var types = Shape.Types()
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      types.insert(kinds.randomElement(using: &random) ?? .string)
    }
    let hasDefault = Int.random(in: 0..<3, using: &random) == 0
    let goesDeeper = depth > 0 && Bool.random(using: &random)
    return Shape(
      types: types, format: Bool.random(using: &random) ? "date-time" : nil,
      defaultValue: hasDefault ? randomValue(depth: 2, &random) : nil,
      items: goesDeeper ? randomShape(depth: depth - 1, &random) : nil,
      properties: goesDeeper
        ? names.filter { _ in Bool.random(using: &random) }.map {
          Shape.Property(name: $0, shape: randomShape(depth: depth - 1, &random))
        } : [],
      additionalProperties: goesDeeper && Bool.random(using: &random)
        ? randomShape(depth: depth - 1, &random) : nil)
  }

  static func randomValue(depth: Int, _ random: inout SplitMix) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
    case 0: .null
    case 1: .bool(true)
    case 2: .number(JSONNumber(Int.random(in: -5...5, using: &random)))
    case 3: .string(String(Int.random(in: -5...5, using: &random)))
    case 4: .string("2015-05-20T13:29:35:120+08:00")
    case 5: .string("text")
    case 6:
      .array(
        (0..<Int.random(in: 0...3, using: &random)).map { _ in
          randomValue(depth: depth - 1, &random)
        })
    default:
      .object(
        JSONObject(
          names.filter { _ in Bool.random(using: &random) }.map {
            JSONObject.Member(name: $0, value: randomValue(depth: depth - 1, &random))
          }))
    }
  }
}
