// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import HTTP
import JSON
import OpenAPI
import TestSupport
import Testing

@testable import WeChatPay

@Suite("WeChat Pay's errors")
struct RefusalTests {
  func problem(
    _ status: Int, _ body: String, verified: Bool = true, headers: Headers = [:]
  ) throws -> Problem {
    Problem(
      refusal: .unsigned(status, body, headers: headers), verified: verified,
      table: try ExampleAPI.catalog().errorTable, now: Fixture.now)
  }

  /// A row of the table of CONTRACT 2.2.
  struct Row: Sendable, CustomTestStringConvertible {
    var status: Int
    var codes: [String]
    var seenStatus: Int
    var seenCode: String
    var retryable: Bool
    var outcome: Outcome

    var testDescription: String { "\(status) \(codes.joined(separator: ", "))" }
  }

  static let rows: [Row] = [
    Row(
      status: 400, codes: ["PARAM_ERROR"], seenStatus: 400, seenCode: "PARAM_ERROR",
      retryable: false, outcome: .refused),
    Row(
      status: 400, codes: ["SYSTEM_ERROR"], seenStatus: 503, seenCode: "SYSTEM_ERROR",
      retryable: true, outcome: .unknown),
    Row(
      status: 500, codes: ["SYSTEM_ERROR"], seenStatus: 503, seenCode: "SYSTEM_ERROR",
      retryable: true, outcome: .unknown),
    Row(
      status: 502, codes: ["SYSTEM_ERROR"], seenStatus: 503, seenCode: "SYSTEM_ERROR",
      retryable: true, outcome: .unknown),
    Row(
      status: 503, codes: ["SYSTEM_ERROR"], seenStatus: 503, seenCode: "SYSTEM_ERROR",
      retryable: true, outcome: .unknown),
    Row(
      status: 400, codes: ["RESOURCE_ALREADY_EXISTS"], seenStatus: 409,
      seenCode: "RESOURCE_ALREADY_EXISTS",
      retryable: false, outcome: .refused),
    Row(
      status: 400, codes: ["INVALID_REQUEST"], seenStatus: 400, seenCode: "INVALID_REQUEST",
      retryable: false, outcome: .refused),
    Row(
      status: 400, codes: ["APPID_MCHID_NOT_MATCH"], seenStatus: 400,
      seenCode: "APPID_MCHID_NOT_MATCH",
      retryable: false, outcome: .refused),
    Row(
      status: 400, codes: ["MCH_NOT_EXISTS"], seenStatus: 400, seenCode: "MCH_NOT_EXISTS",
      retryable: false, outcome: .refused),
    Row(
      status: 401, codes: ["SIGN_ERROR"], seenStatus: 502, seenCode: "SIGN_ERROR", retryable: false,
      outcome: .refused),
    Row(
      status: 403, codes: ["NOAUTH", "NO_AUTH"], seenStatus: 403, seenCode: "NO_AUTH",
      retryable: false, outcome: .refused),
    Row(
      status: 403, codes: ["RULELIMIT", "RULE_LIMIT"], seenStatus: 403, seenCode: "RULE_LIMIT",
      retryable: false,
      outcome: .refused),
    Row(
      status: 404, codes: ["RESOURCE_NOT_EXISTS"], seenStatus: 404, seenCode: "RESOURCE_NOT_EXISTS",
      retryable: false,
      outcome: .refused),
    Row(
      status: 404, codes: ["USER_NOT_EXISTS"], seenStatus: 404, seenCode: "USER_NOT_EXISTS",
      retryable: false, outcome: .refused),
    Row(
      status: 429,
      codes: [
        "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "RATELIMIT_EXCEEDED", "RATELIMIT_EXCEED",
      ],
      seenStatus: 429, seenCode: "FREQUENCY_LIMITED", retryable: true, outcome: .refused),
    Row(
      status: 409, codes: ["STATE_CONFLICT"], seenStatus: 409, seenCode: "STATE_CONFLICT",
      retryable: false, outcome: .refused),
    Row(
      status: 400, codes: ["NEVER_HEARD_OF"], seenStatus: 400, seenCode: "NEVER_HEARD_OF",
      retryable: false, outcome: .refused),
    Row(
      status: 500, codes: ["BANK_ERROR"], seenStatus: 503, seenCode: "BANK_ERROR", retryable: true,
      outcome: .unknown),
    Row(
      status: 504, codes: ["BUSY"], seenStatus: 503, seenCode: "BUSY", retryable: true,
      outcome: .unknown),
  ]

  @Test("every row of the contract's table", arguments: rows)
  func table(_ row: Row) throws {
    for code in row.codes {
      let problem = try problem(
        row.status, #"{"code":"\#(code)","message":"说明","detail":{"field":"/a"}}"#,
        headers: ["Request-ID": "08F7"])
      #expect(problem.kind.status == row.seenStatus && problem.kind.code == row.seenCode)
      #expect(problem.kind.retryable == row.retryable)
      #expect(problem.outcome == row.outcome)
      #expect(problem.source == .wechatpay && problem.message == "说明")
      #expect(
        problem.upstream
          == UpstreamError(
            status: row.status, code: code, message: "说明", detail: ["field": "/a"],
            requestID: "08F7",
            verified: true))
    }
  }

  @Test("an error that nobody signed is passed on as what it is")
  func unsigned() throws {
    let problem = try problem(401, #"{"code":"SIGN_ERROR","message":"签名错误"}"#, verified: false)
    #expect(problem.kind.code == "SIGN_ERROR" && problem.kind.status == 502)
    #expect(problem.upstream?.verified == false)
    #expect(problem.kind.action == .askOperator)
  }

  @Test(
    "what is not WeChat Pay's JSON has an unknown outcome",
    arguments: [
      (200, "UPSTREAM_MALFORMED", 502), (302, "UPSTREAM_MALFORMED", 502),
      (400, "UPSTREAM_MALFORMED", 502),
      (401, "SIGN_ERROR", 502), (403, "UPSTREAM_MALFORMED", 502), (404, "UPSTREAM_MALFORMED", 502),
      (413, "UPSTREAM_MALFORMED", 502), (429, "FREQUENCY_LIMITED", 429), (500, "SYSTEM_ERROR", 503),
      (502, "SYSTEM_ERROR", 503), (503, "SYSTEM_ERROR", 503), (599, "SYSTEM_ERROR", 503),
    ])
  func notJSON(_ status: Int, _ code: String, _ seen: Int) throws {
    let bodies = [
      "<html><h1>Error</h1></html>", "", "{}", "[]", "null", #"{"code":403}"#, #"{"code":""}"#,
      #"{"message":"x"}"#,
      #"{"code":"A","code":"B"}"#,
    ]
    for body in bodies {
      let problem = try problem(status, body, verified: false)
      #expect(problem.kind.code == code && problem.kind.status == seen, "\(body)")
      #expect(problem.outcome == .unknown, "\(body)")
      #expect(problem.upstream?.status == status)
      #expect(!problem.message.isEmpty)
    }
  }

  @Test(
    "Retry-After is passed on, in either form",
    arguments: [
      ("3", Duration.seconds(3)), ("0", .zero), ("86400", .seconds(86_400)), ("86401", nil),
      ("-1", nil),
      ("soon", nil), ("", nil), ("Tue, 14 Nov 2023 22:13:25 GMT", .seconds(5)),
      ("Tue, 14 Nov 2023 22:13:00 GMT", nil), ("99999999999999999999", nil),
    ])
  func retryAfter(_ value: String, _ wait: Duration?) throws {
    let problem = try problem(
      429, #"{"code":"FREQUENCY_LIMITED","message":"m"}"#, headers: ["Retry-After": value])
    #expect(problem.retryAfter == wait)
  }

  @Test("a detail that is a list, and one that is missing, are kept as they are")
  func detail() throws {
    #expect(
      try problem(400, #"{"code":"A","message":"m","detail":[1,"x"]}"#).upstream?.detail == [
        1, "x",
      ])
    #expect(try problem(400, #"{"code":"A","message":"m"}"#).upstream?.detail == nil)
  }

  @Test(
    "a code that WeChat Pay would not write is somebody else's, and the outcome unknown",
    arguments: ["Forbidden", "", "with space", "9LIVES", String(repeating: "A", count: 65)])
  func foreignCode(code: String) throws {
    let problem = try problem(403, "{\"code\":\"\(code)\"}", verified: false)
    #expect(problem.outcome == .unknown)
    #expect(problem.upstream?.code == nil)
    #expect(problem.kind.code == "UPSTREAM_MALFORMED")
  }

  @Test("a request id that is no plain word is not passed on, nor is a very long message")
  func hostileTexts() throws {
    let long = String(repeating: "m", count: 100_000)
    let problem = try problem(
      400, "{\"code\":\"PARAM_ERROR\",\"message\":\"\(long)\"}",
      headers: ["Request-ID": "a\u{1}b"])
    #expect(problem.upstream?.requestID == nil)
    #expect(problem.message.count == 1024)
  }
}
