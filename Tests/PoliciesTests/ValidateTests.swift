// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import HTTP
import JSON
import OpenAPI
import Policies
import TestSupport
import Testing

@Suite("Validate")
struct ValidateTests {
  static let json: Headers = ["Content-Type": "application/json"]

  func pass(
    _ exchange: Exchange, mode: PolicyMode = .enforce
  ) async throws -> Exchange {
    let passed = Passed()
    _ = try await Validate(mode: mode).handle(exchange, next: passed.next)
    return try #require(passed.exchange)
  }

  func problem(_ exchange: Exchange) async throws -> Problem {
    try await #require(throws: Problem.self) { try await pass(exchange) }
  }

  @Test("the example of the documentation passes, with its body and request number")
  func example() async throws {
    let exchange = try await pass(ExampleAPI.exchange())
    #expect(exchange.requestNumber == "100002322019090134234sfdf")
    #expect(exchange.journal.entry.requestNumber == "100002322019090134234sfdf")
    #expect(exchange.body?["coupon_code_list"] == ["ABC9588200", "ABC9588201"])
  }

  @Test(
    "application/json is accepted, with parameters and in any case",
    arguments: [
      "application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
      " application/json ", "application/json ; x=y",
    ])
  func mediaType(_ type: String) async throws {
    _ = try await pass(ExampleAPI.exchange(headers: ["Content-Type": type]))
  }

  @Test(
    "any other media type or a content encoding is 415",
    arguments: [
      [:], ["Content-Type": "text/plain"], ["Content-Type": "application/jsonx"],
      ["Content-Type": ""],
      ["Content-Type": "application/json", "content-type": "text/plain"],
      ["Content-Type": "application/problem+json"],
      ["Content-Type": "application/x-www-form-urlencoded"],
      ["Content-Type": "text/plain; application/json"],
      ["Content-Type": "application/json", "Content-Encoding": "gzip"],
      [
        "Content-Type": "application/json", "Content-Encoding": "identity",
        "content-encoding": "br",
      ],
    ] as [Headers])
  func unsupported(_ headers: Headers) async throws {
    let problem = try await problem(ExampleAPI.exchange(headers: headers))
    #expect(problem.kind == .unsupportedMediaType && problem.kind.status == 415)
  }

  @Test(
    "what is not JSON is 400 MALFORMED_JSON with its place, and shows nothing of the body",
    arguments: [
      "", "{", "[1,]", "{\"SECRET\":1,\"SECRET\":2}", "{} SECRET", "{\"a\":\"SECRET\u{1}\"}", "nul",
      String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
      String(repeating: "[", count: 1_000_000),
    ])
  func malformed(_ body: String) async throws {
    let problem = try await problem(ExampleAPI.exchange(body: body, headers: Self.json))
    #expect(problem.kind == .malformedJSON && problem.kind.status == 400)
    #expect(problem.outcome == .notSent && !problem.kind.retryable)
    #expect(!problem.message.contains("SECRET"))
    #expect(body.isEmpty || problem.message.hasPrefix("line 1, column "))
  }

  @Test("bytes that are not UTF-8 are no JSON")
  func notUTF8() async throws {
    let exchange = try ExampleAPI.exchange()
    let request = HTTPRequest(
      method: exchange.request.method, path: exchange.request.path,
      headers: exchange.request.headers,
      body: Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8))
    let other = Exchange(
      id: exchange.id, request: request, operation: exchange.operation,
      pathParameters: exchange.pathParameters, deadline: exchange.deadline)
    #expect(try await problem(other).kind == .malformedJSON)
  }

  @Test("64 levels of nesting are JSON")
  func depth() async throws {
    let body = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try await problem(ExampleAPI.exchange(body: body)).kind == .paramError)
  }

  @Test("a body for an operation that takes none is a violation")
  func unexpectedBody() async throws {
    let problem = try await problem(
      ExampleAPI.exchange("GET", ExampleAPI.stockPath, body: "{}", headers: Self.json))
    #expect(problem.kind == .paramError)
    #expect(problem.violations.map(\.location) == [.body])
    #expect(problem.violations.map(\.pointer) == [""])
    #expect(problem.message == "the body is there; this operation takes none")
  }

  @Test("an operation without a body needs no media type, and has no request number")
  func withoutBody() async throws {
    let exchange = try await pass(ExampleAPI.exchange("GET", ExampleAPI.stockPath, body: nil))
    #expect(exchange.body == nil && exchange.requestNumber == nil)
  }

  /// A body that breaks the schema, and where.
  static let violations: [(body: String, pointers: [String], keywords: [String])] = [
    ("[]", [""], ["type"]),
    ("{}", ["", ""], ["required", "required"]),
    (
      #"{"coupon_code_list":["\#(String(repeating: "A", count: 33))"],"upload_request_no":"1"}"#,
      ["/coupon_code_list/0"], ["maxLength"]
    ),
    (
      #"{"coupon_code_list":["A\tB"],"upload_request_no":"1"}"#, ["/coupon_code_list/0"],
      ["pattern"]
    ),
    (#"{"coupon_code_list":[],"upload_request_no":"1"}"#, ["/coupon_code_list"], ["minItems"]),
    (
      "{\"coupon_code_list\":[\(String(repeating: "\"A\",", count: 200))\"A\"],\"upload_request_no\":\"1\"}",
      ["/coupon_code_list"], ["maxItems"]
    ),
    (#"{"coupon_code_list":["A"],"upload_request_no":""}"#, ["/upload_request_no"], ["minLength"]),
    (#"{"coupon_code_list":["A"],"upload_request_no":1}"#, ["/upload_request_no"], ["type"]),
    (
      #"{"coupon_code_list":[1,"A",2],"upload_request_no":"1"}"#,
      ["/coupon_code_list/0", "/coupon_code_list/2"], ["type", "type"]
    ),
  ]

  @Test("every violation of the schema is told with its pointer", arguments: violations)
  func violation(_ body: String, _ pointers: [String], _ keywords: [String]) async throws {
    let problem = try await problem(ExampleAPI.exchange(body: body))
    #expect(problem.kind == .paramError && problem.kind.status == 400)
    #expect(problem.violations.map(\.pointer).sorted() == pointers.sorted())
    #expect(problem.violations.map(\.keyword).sorted() == keywords.sorted())
    #expect(problem.message.hasPrefix(problem.violations[0].sentence))
    #expect(problem.message.contains("1 more") == (pointers.count == 2))
  }

  @Test("at most 50 violations are told")
  func manyViolations() async throws {
    let items = Array(repeating: "1", count: 100).joined(separator: ",")
    let body = #"{"coupon_code_list":[\#(items)],"upload_request_no":"1"}"#
    #expect(try await problem(ExampleAPI.exchange(body: body)).violations.count == 50)
  }

  @Test(
    "observe lets everything pass, notes it, and still recognizes the request number",
    arguments: [
      (uploadWith(#"["A"]"#), Headers(), "UNSUPPORTED_MEDIA_TYPE"),
      (uploadWith("[]"), json, "PARAM_ERROR"),
    ])
  func observe(_ body: String, _ headers: Headers, _ code: String) async throws {
    let exchange = try await pass(
      ExampleAPI.exchange(body: body, headers: headers), mode: .observe)
    #expect(
      exchange.journal.entry.observed == [Journal.Observed(policy: "validate", code: code)])
    #expect(exchange.requestNumber == "42")
    #expect(exchange.body != nil)
  }

  static func uploadWith(_ codes: String) -> String {
    #"{"coupon_code_list":\#(codes),"upload_request_no":"42"}"#
  }

  @Test("observe lets what is not JSON pass without a request number")
  func observeMalformed() async throws {
    let exchange = try await pass(ExampleAPI.exchange(body: "{"), mode: .observe)
    #expect(exchange.journal.entry.observed.map(\.code) == ["MALFORMED_JSON"])
    #expect(exchange.requestNumber == nil)
  }
}
