// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema
import Testing

@Suite("What is said about a value") struct ViolationTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let schema: String
    let value: String
    let pointer: String
    let keyword: String
    let message: String

    init(_ schema: String, _ value: String, _ pointer: String, _ keyword: String, _ message: String)
    {
      (self.schema, self.value, self.pointer) = (schema, value, pointer)
      (self.keyword, self.message) = (keyword, message)
    }

    var testDescription: String { "\(keyword): \(message)" }
  }

  static let rows: [Row] = [
    Row(#"{"type":"string"}"#, "5", "", "type", "is a number; a string is expected"),
    Row(
      #"{"type":"integer"}"#, "1.5", "", "type",
      "is a number with a fraction; an integer is expected"),
    Row(
      #"{"type":["string","null"]}"#, "[]", "", "type", "is an array; a string or null is expected"),
    Row(
      #"{"type":["object","array","boolean","number"]}"#, "null", "", "type",
      "is null; a number, a boolean, an array or an object is expected"),
    Row(
      #"{"enum":["SENDED","USED",3]}"#, #""sent""#, "", "enum",
      #"is "sent"; allowed are "SENDED", "USED" and 3"#),
    Row(
      #"{"const":"CNY"}"#, #"{"a":1}"#, "", "const",
      #"is an object of 1 member; only "CNY" is allowed"#),
    Row(#"{"minimum":1}"#, "0", "", "minimum", "is 0; at least 1 is allowed"),
    Row(
      #"{"maximum":18446744073709551615}"#, "18446744073709551616", "", "maximum",
      "is 18446744073709551616; at most 18446744073709551615 is allowed"),
    Row(
      #"{"exclusiveMinimum":0}"#, "-0.0", "", "exclusiveMinimum",
      "is -0.0; only more than 0 is allowed"),
    Row(
      #"{"exclusiveMaximum":10}"#, "1e1", "", "exclusiveMaximum",
      "is 1e1; only less than 10 is allowed"),
    Row(
      #"{"multipleOf":0.01}"#, "0.015", "", "multipleOf",
      "is 0.015; only multiples of 0.01 are allowed"),
    Row(
      #"{"maxLength":32}"#, #""012345678901234567890123456789012""#, "", "maxLength",
      "is 33 characters long; at most 32 are allowed"),
    Row(
      #"{"maxLength":1}"#, #""优惠券""#, "", "maxLength", "is 3 characters long; at most 1 is allowed"),
    Row(#"{"minLength":1}"#, "\"\"", "", "minLength", "is empty; at least 1 character is required"),
    Row(
      #"{"minLength":5}"#, #""\ud83d\ude00""#, "", "minLength",
      "is 1 character long; at least 5 characters are required"),
    Row(
      #"{"pattern":"^[0-9a-zA-Z]+$"}"#, #""AB\tC""#, "", "pattern",
      "contains the character U+0009, which is not allowed; it must match ^[0-9a-zA-Z]+$"),
    Row(
      #"{"pattern":"^[0-9a-zA-Z]+$"}"#, #""AB*""#, "", "pattern",
      #"contains the character "*" (U+002A), which is not allowed; it must match ^[0-9a-zA-Z]+$"#),
    Row(
      #"{"pattern":"^[0-9]{2}$"}"#, #""123""#, "", "pattern", #"is "123"; it must match ^[0-9]{2}$"#
    ),
    Row(#"{"pattern":"a.c"}"#, #""abd""#, "", "pattern", #"is "abd"; it must match a.c"#),
    Row(
      #"{"format":"date-time"}"#, #""yesterday""#, "", "format",
      #"is "yesterday"; a time by RFC 3339, such as 2015-05-20T13:29:35+08:00, is expected"#),
    Row(#"{"maxItems":2}"#, "[1,2,3]", "", "maxItems", "has 3 items; at most 2 are allowed"),
    Row(#"{"minItems":1}"#, "[]", "", "minItems", "has 0 items; at least 1 is required"),
    Row(
      #"{"uniqueItems":true}"#, "[1,2,1.0]", "", "uniqueItems",
      "has the same item at 0 and 2, counted from 0; all must be different"),
    Row(
      #"{"contains":{"const":1}}"#, "[2]", "", "contains",
      "has 0 items of the required kind; at least 1 is required"),
    Row(
      #"{"contains":{"const":1},"maxContains":1}"#, "[1,1]", "", "maxContains",
      "has 2 items of a limited kind; at most 1 is allowed"),
    Row(
      #"{"contains":{"const":1},"minContains":2}"#, "[1]", "", "minContains",
      "has 1 item of the required kind; at least 2 are required"),
    Row(
      #"{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}"#, #"["a","b"]"#, "/1",
      "type",
      "is a string; an integer is expected"),
    Row(
      #"{"required":["upload_request_no"]}"#, "{}", "", "required",
      #"has no member "upload_request_no", which is required"#),
    Row(
      #"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#, "", "dependentRequired",
      #"has no member "b", which is required together with "a""#),
    Row(
      #"{"properties":{"a":{}},"additionalProperties":false}"#, #"{"a":1,"b/c":2}"#, "/b~1c",
      "additionalProperties", #"is the member "b/c", which is not allowed; known is a"#),
    Row(
      #"{"properties":{"a":{}},"unevaluatedProperties":false}"#, #"{"a":1,"b":2}"#, "/b",
      "unevaluatedProperties", #"is the member "b", which is not allowed"#),
    Row(
      #"{"prefixItems":[{}],"unevaluatedItems":false}"#, "[1,2]", "/1", "unevaluatedItems",
      "is one item too many; it is not allowed"),
    Row(
      #"{"maxProperties":1}"#, #"{"a":1,"b":2}"#, "", "maxProperties",
      "has 2 members; at most 1 is allowed"),
    Row(
      #"{"minProperties":1}"#, "{}", "", "minProperties", "has 0 members; at least 1 is required"),
    Row(
      #"{"propertyNames":{"maxLength":1}}"#, #"{"ab":1}"#, "/ab", "propertyNames",
      "has a name that is not allowed"),
    Row(
      #"{"patternProperties":{"^x":{"type":"null"}}}"#, #"{"xy":1}"#, "/xy", "type",
      "is a number; null is expected"),
    Row(
      ##"{"additionalProperties":{"items":{"$ref":"#/$defs/t"}},"$defs":{"t":{"type":"string"}}}"##,
      #"{"list":["a",2]}"#, "/list/1", "type", "is a number; a string is expected"),
    Row(
      #"{"not":{"type":"string"}}"#, #""a""#, "", "not", #"is "a", which is of an excluded kind"#),
    Row(
      #"{"oneOf":[{"minimum":1},{"maximum":5},{"const":7}]}"#, "3", "", "oneOf",
      "fits 2 of 3 kinds (number 1 and number 2); exactly one must fit"),
    Row(
      #"{"anyOf":[{"const":1},{"const":2}]}"#, "3", "", "anyOf",
      "is 3; it fits none of the 2 allowed kinds"),
    Row(
      #"{"anyOf":[{"type":"null"},{"type":"string","maxLength":1}]}"#, #""ab""#, "", "maxLength",
      "is 2 characters long; at most 1 is allowed"),
    Row(
      #"{"if":{"minimum":10},"then":{"multipleOf":10},"else":{"multipleOf":2}}"#, "15", "",
      "multipleOf", "is 15; only multiples of 10 are allowed"),
    Row("false", "1", "", "false", "is not allowed here"),
    Row(#"{"properties":{"a":false}}"#, #"{"a":1}"#, "/a", "false", "is not allowed here"),
  ]

  @Test("each keyword says what was found, what is allowed and where", arguments: rows)
  func row(row: Row) throws {
    let found = try schema(row.schema).violations(in: json(row.value))
    #expect(found.map(\.message) == [row.message])
    #expect(found.map(\.pointer.description) == [row.pointer])
    #expect(found.map(\.keyword) == [row.keyword])
  }

  static let upload = #"""
    {"type":"object","required":["coupon_code_list","upload_request_no"],"properties":{
      "coupon_code_list":{"type":"array","minItems":1,"maxItems":200,
        "items":{"type":"string","minLength":1,"maxLength":32,"pattern":"^[0-9A-Za-z \\-_*\\\\/=|]+$"}},
      "upload_request_no":{"type":"string","minLength":1,"maxLength":128}}}
    """#

  @Test("all violations of a body are told, each with its place")
  func everything() throws {
    let body = #"{"coupon_code_list":["A",7,"B\u0009","","\#(String(repeating: "x", count: 33))"]}"#
    let found = try schema(Self.upload).violations(in: json(body))
    #expect(
      found.map(\.keyword) == ["required", "type", "pattern", "minLength", "pattern", "maxLength"])
    #expect(
      found.map(\.pointer.description) == [
        "", "/coupon_code_list/1", "/coupon_code_list/2", "/coupon_code_list/3",
        "/coupon_code_list/3", "/coupon_code_list/4",
      ])
  }

  @Test("the search ends at the limit, which is 50")
  func limit() throws {
    let items = JSONValue.array(Array(repeating: 1, count: 1000))
    let strings = try schema(#"{"items":{"type":"string"}}"#)
    #expect(strings.violations(in: items).count == 50)
    #expect(strings.violations(in: items, limit: 3).count == 3)
    #expect(!strings.accepts(items))
  }

  @Test("long values and names are shortened, whatever refuses them")
  func shortened() throws {
    let long = String(repeating: "优", count: 20_000)
    let value = JSONValue.object(JSONObject([.init(name: long, value: .string(long))]))
    let schemas = [
      #"{"additionalProperties":false}"#, #"{"additionalProperties":{"const":1}}"#,
      #"{"additionalProperties":{"enum":[1,2]}}"#, #"{"additionalProperties":{"pattern":"^x"}}"#,
      #"{"additionalProperties":{"pattern":"^[a-z]*$"}}"#, #"{"propertyNames":{"maxLength":5}}"#,
      #"{"additionalProperties":{"format":"email"}}"#, #"{"additionalProperties":{"not":{}}}"#,
      #"{"unevaluatedProperties":false}"#, #"{"not":{}}"#,
      #"{"additionalProperties":{"anyOf":[{"const":1},{"const":2}]}}"#,
    ]
    for text in schemas {
      let found = try schema(text).violations(in: value)
      #expect(found.count == 1, "\(text)")
      for violation in found {
        #expect(violation.message.utf8.count < 400, "\(text)")
        #expect(violation.pointer.description.utf8.count < 400, "\(text)")
      }
    }
    let digits = try json(String(repeating: "9", count: 30_000))
    let tooLarge = try schema(#"{"maximum":5,"multipleOf":7.5}"#).violations(in: digits)
    #expect(tooLarge.allSatisfy { $0.message.utf8.count < 400 } && !tooLarge.isEmpty)
  }

  @Test("a format only describes when the options say so, and int64 always does")
  func formats() throws {
    let options = SchemaOptions(assertsFormats: false)
    #expect(try schema(#"{"format":"ipv4"}"#, options).accepts("x"))
    #expect(try !schema(#"{"format":"ipv4"}"#).accepts("x"))
    #expect(try schema(#"{"format":"int64"}"#).accepts("x"))
  }

  @Test("names are told apart by their bytes")
  func byteWise() throws {
    let composed = try schema(
      "{\"required\":[\"\u{E9}\"],\"properties\":{\"\u{E9}\":{\"const\":1}}}")
    #expect(composed.accepts(["\u{E9}": 1]))
    #expect(!composed.accepts(["e\u{301}": 1]))
  }
}
