// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import OpenAPI
import Testing

@Suite("Validating requests")
struct ValidationTests {
  static let base = "/v3/marketing/busifavor"

  /// `location pointer keyword` of every violation.
  static func violations(
    _ method: String, _ path: String, query: String? = nil, headers: Headers = [:],
    body: String? = nil,
    in catalog: Catalog? = nil
  ) throws -> [String] {
    let catalog = try catalog ?? Documents.shipped.get()
    let value = try body.map { try JSONValue(parsing: Array($0.utf8)) }
    switch catalog.match(method: method, path: path) {
    case .operation(let operation, let parameters):
      let found = operation.validate(
        pathParameters: parameters, rawQuery: query, headers: headers, body: value)
      #expect(found.allSatisfy { !$0.message.isEmpty })
      return found.map { "\($0.location.rawValue) \($0.pointer) \($0.keyword)" }
    case let other: return [other.summary]
    }
  }

  static func upload(_ body: String) throws -> [String] {
    try violations("POST", base + "/stocks/98065001/couponcodes", body: body)
  }

  static func upload(codes: [String], number: String = "1") throws -> [String] {
    let list = codes.map { JSONValue.string($0) }
    let body: JSONValue = ["coupon_code_list": .array(list), "upload_request_no": .string(number)]
    return try upload(String(decoding: body.serialized(), as: UTF8.self))
  }

  @Test("the documented upload is accepted")
  func documented() throws {
    let body =
      #"{"coupon_code_list":["ABC9588200","ABC9588201"],"upload_request_no":"100002322019090134234sfdf"}"#
    #expect(try Self.upload(body) == [])
  }

  @Test("the limits of an upload are those of the documentation, on both sides")
  func limits() throws {
    #expect(try Self.upload(codes: (0..<200).map { "C\($0)" }) == [])
    #expect(
      try Self.upload(codes: (0..<201).map { "C\($0)" }) == ["body /coupon_code_list maxItems"])
    #expect(try Self.upload(codes: []) == ["body /coupon_code_list minItems"])
    #expect(try Self.upload(codes: ["A", "A"]) == [])
    #expect(try Self.upload(codes: ["A", String(repeating: "x", count: 32)]) == [])
    #expect(
      try Self.upload(codes: ["A", "B", "C", String(repeating: "x", count: 33)])
        == ["body /coupon_code_list/3 maxLength"])
    #expect(try Self.upload(codes: [""]) == ["body /coupon_code_list/0 minLength"])
    #expect(try Self.upload(codes: ["A"], number: String(repeating: "n", count: 128)) == [])
    #expect(
      try Self.upload(codes: ["A"], number: String(repeating: "n", count: 129))
        == ["body /upload_request_no maxLength"])
    #expect(try Self.upload(codes: ["A"], number: "") == ["body /upload_request_no minLength"])
  }

  @Test("every character of a code that is documented is accepted, any other is refused")
  func characters() throws {
    let allowed = Set(
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ -_\\/=|*".unicodeScalars)
    for scalar in (0...0x17F).compactMap(Unicode.Scalar.init) {
      let expected = allowed.contains(scalar) ? [] : ["body /coupon_code_list/0 pattern"]
      #expect(
        try Self.upload(codes: ["\(Character(scalar))"]) == expected,
        "U+\(String(scalar.value, radix: 16))")
    }
    #expect(try Self.upload(codes: ["A\n"]) == ["body /coupon_code_list/0 pattern"])
    #expect(try Self.upload(codes: ["１"]) == ["body /coupon_code_list/0 pattern"])
  }

  @Test(
    "what is wrong with a body is told all at once, with its place",
    arguments: [
      ("{}", ["body  required", "body  required"]), ("[]", ["body  type"]),
      ("null", ["body  type"]),
      (
        #"{"coupon_code_list":"A","upload_request_no":1}"#,
        ["body /coupon_code_list type", "body /upload_request_no type"]
      ),
      (
        #"{"coupon_code_list":[1,null,"A"],"upload_request_no":null}"#,
        [
          "body /coupon_code_list/0 type", "body /coupon_code_list/1 type",
          "body /upload_request_no type",
        ]
      ),
      (
        #"{"coupon_code_list":["A"],"upload_request_no":"1","more":{"a":[null]}}"#,
        ["body /more/a/0 type"]
      ),
      (#"{"coupon_code_list":["A"],"upload_request_no":"1","more":null}"#, ["body /more type"]),
      (#"{"coupon_code_list":["A"],"upload_request_no":"1","more":{"a":[1,"b"]}}"#, []),
      (#"{"coupon_code_list":["A"],"upload_request_no":"😀"}"#, ["body /upload_request_no pattern"]),
      (#"{"coupon_code_list":["A"],"upload_request_no":"券"}"#, []),
    ])
  func body(text: String, expected: [String]) throws {
    #expect(try Self.upload(text) == expected)
  }

  @Test("a body is required where the document says so, and refused where there is none")
  func presence() throws {
    #expect(try Self.violations("POST", Self.base + "/stocks/1/couponcodes") == ["body  required"])
    #expect(try Self.violations("GET", Self.base + "/stocks/1") == [])
    #expect(try Self.violations("GET", Self.base + "/stocks/1", body: "{}") == ["body  unknown"])
  }

  @Test("at most fifty violations are told")
  func atMostFifty() throws {
    let codes = Array(repeating: "\t", count: 200)
    #expect(try Self.upload(codes: codes).count == 50)
  }

  @Test(
    "a stock_id is checked before it can become a path",
    arguments: [
      ("1", []), ("12345678901234567890", []),
      ("123456789012345678901", ["path /stock_id maxLength"]),
      ("..%2f..", ["path /stock_id pattern"]), ("a%5Cb", ["path /stock_id pattern"]),
      ("%0A", ["path /stock_id pattern"]), ("%7F", ["path /stock_id pattern"]),
      ("%C2%85", ["path /stock_id pattern"]),
      ("%E5%88%B8", []), ("", ["400 /stock_id"]), ("%00", ["400 /stock_id"]),
      ("..", ["400 /stock_id"]),
    ])
  func stockID(segment: String, expected: [String]) throws {
    #expect(try Self.violations("GET", Self.base + "/stocks/\(segment)/couponcodes") == expected)
  }

  @Test(
    "query parameters are typed, declared and there once",
    arguments: [
      (nil, []), ("", []), ("limit=1&offset=0", []), ("limit=1&limit=2", ["query /limit repeated"]),
      ("limit=", ["query /limit type"]), ("limit=abc", ["query /limit type"]),
      ("limit=1.5", ["query /limit type"]),
      ("limit=01", ["query /limit type"]), ("limit=-1", ["query /limit minimum"]),
      ("limit=1.0", []),
      ("limit", ["query /limit type"]), ("limit=%31", []), ("l%69mit=1", []),
      ("limit=%zz", ["query /limit encoding"]),
      ("limit=%FF", ["query /limit encoding"]), ("%FF=1", ["query  encoding"]),
      ("Limit=1", ["query /Limit unknown"]),
      ("other=1&x/y=2", ["query /other unknown", "query /x~1y unknown"]),
      ("=1", ["query / unknown"]),
      ("status=AVAILABLE", []), ("status=available", ["query /status enum"]),
      ("appid=", ["query /appid minLength"]),
      ("stock_id=2", ["query /stock_id unknown"]),
    ] as [(String?, [String])])
  func query(query: String?, expected: [String]) throws {
    #expect(
      try Self.violations("GET", Self.base + "/stocks/1/couponcodes", query: query) == expected)
  }

  @Test("a required query parameter must be there")
  func requiredQuery() throws {
    let path = Self.base + "/stocks/1/couponcodes/A%2FB"
    #expect(try Self.violations("DELETE", path) == ["query /delete_request_no required"])
    #expect(try Self.violations("DELETE", path, query: "delete_request_no=1") == [])
  }

  @Test("parameters of every type and style are understood")
  func styles() throws {
    let catalog = try Documents.catalog(
      paths: """
        /{ids}/x:
          get:
            parameters:
              - { name: ids, in: path, required: true, schema: { type: array, items: { type: integer }, maxItems: 2 } }
              - { name: many, in: query, schema: { type: array, items: { type: integer, maximum: 9 } } }
              - { name: few, in: query, explode: false, schema: { type: array, items: { type: string }, maxItems: 2 } }
              - { name: flag, in: query, schema: { type: boolean } }
              - { name: ratio, in: query, schema: { type: number, maximum: 1 } }
              - { name: X-Kind, in: header, required: true, schema: { enum: [a, b] } }
              - { name: X-List, in: header, schema: { type: array, items: { type: integer } } }
            responses: { "200": { description: ok } }
        """)
    func check(_ path: String, _ query: String?, _ headers: Headers) throws -> [String] {
      try Self.violations("GET", path, query: query, headers: headers, in: catalog)
    }
    let kind: Headers = ["x-kind": "a"]
    #expect(try check("/1,2/x", "many=1&many=2&few=a,b&flag=true&ratio=0.5", kind) == [])
    #expect(try check("/1,2,3/x", nil, kind) == ["path /ids maxItems"])
    #expect(try check("/1,a/x", nil, kind) == ["path /ids/1 type"])
    #expect(try check("/1/x", "many=1&many=10", kind) == ["query /many/1 maximum"])
    #expect(try check("/1/x", "few=a,b,c", kind) == ["query /few maxItems"])
    #expect(try check("/1/x", "few=a%2Cb,c", kind) == [])
    #expect(try check("/1/x", "few=a&few=b", kind) == ["query /few repeated"])
    #expect(
      try check("/1/x", "flag=1&ratio=2", kind) == ["query /flag type", "query /ratio maximum"])
    #expect(try check("/1/x", nil, [:]) == ["header /X-Kind required"])
    #expect(try check("/1/x", nil, ["X-Kind": "c"]) == ["header /X-Kind enum"])
    #expect(try check("/1/x", nil, ["X-Kind": "a", "X-List": "1, 2", "x-list": "3"]) == [])
    #expect(try check("/1/x", nil, ["X-Kind": "a", "X-List": "1, b"]) == ["header /X-List/1 type"])
    guard
      case .operation(let operation, let parameters) = catalog.match(method: "GET", path: "/1,2/x")
    else {
      Issue.record("not found")
      return
    }
    #expect(
      operation.target(pathParameters: parameters, rawQuery: "few=a%2Cb,c&flag=true&many=2&many=1")
        == "/1,2/x?many=2&many=1&few=a%2Cb,c&flag=true")
  }

  @Test(
    "the request number is found where the operation names it",
    arguments: [
      ("POST", "/stocks/1/couponcodes", nil, #"{"upload_request_no":"n1"}"#, "n1"),
      ("POST", "/stocks/1/couponcodes", nil, #"{"upload_request_no":1}"#, nil),
      ("POST", "/stocks/1/couponcodes", nil, "{}", nil),
      ("POST", "/stocks/1/couponcodes", nil, "[]", nil),
      ("POST", "/stocks/1/couponcodes", "upload_request_no=q", nil, nil),
      ("DELETE", "/stocks/1/couponcodes/A", "delete_request_no=a%20b", nil, "a b"),
      ("DELETE", "/stocks/1/couponcodes/A", nil, nil, nil), ("GET", "/stocks/1", nil, nil, nil),
      ("PATCH", "/stocks/1/budget", nil, #"{"modify_budget_request_no":"m"}"#, "m"),
      ("POST", "/coupons/use", nil, #"{"use_request_no":"u"}"#, "u"),
      ("POST", "/subsidy/pay-receipts", nil, #"{"out_subsidy_no":"s"}"#, "s"),
    ] as [(String, String, String?, String?, String?)])
  func requestNumber(method: String, path: String, query: String?, body: String?, expected: String?)
    throws
  {
    guard
      case .operation(let operation, _) = try Documents.shipped.get().match(
        method: method, path: Self.base + path)
    else {
      Issue.record("not found")
      return
    }
    let value = try body.map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(operation.requestNumber(rawQuery: query, body: value) == expected)
    #expect(operation.hasRequestNumber == (path != "/stocks/1"))
  }
}
