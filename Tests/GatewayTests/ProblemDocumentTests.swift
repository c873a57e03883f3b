// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import HTTP
import JSON
import OpenAPI
import TestSupport
import Testing

@testable import Gateway

@Suite("Problem document")
struct ProblemDocumentTests {
  static let id = RequestID("0199f3c4")

  func response(_ problem: Problem, language: String? = nil) throws -> HTTPResponse {
    problem.response(
      id: Self.id, texts: try ExampleAPI.catalog().errorTable, acceptLanguage: language)
  }

  func document(_ problem: Problem, language: String? = nil) throws -> JSONObject {
    try #require(JSONValue(parsing: response(problem, language: language).body).objectValue)
  }

  @Test("every member, in the contract's order")
  func everyMember() throws {
    let problem = Problem(
      .frequencyLimited, "merchant 1 may call 10 times per second", source: .wechatpay,
      outcome: .refused,
      retryAfter: .milliseconds(350),
      violations: [
        ParameterViolation(
          location: .body, pointer: "/coupon_code_list/3", keyword: "maxLength",
          message: "is 33 characters long; at most 32 are allowed")
      ],
      upstream: UpstreamError(
        status: 429, code: "FREQUENCY_LIMITED", message: "频率限制", detail: ["a": 7],
        requestID: "08F7",
        verified: true))
    let document = try document(problem)
    #expect(
      document.members.map(\.name) == [
        "type", "title", "status", "code", "message", "detail", "source", "outcome", "retryable",
        "retry_after",
        "action", "advice", "request_id", "errors", "upstream",
      ])
    #expect(document["type"] == "urn:wxpay-gateway:error:FREQUENCY_LIMITED")
    #expect(document["status"] == 429 && document["code"] == "FREQUENCY_LIMITED")
    #expect(document["message"] == "merchant 1 may call 10 times per second")
    #expect(document["detail"] == document["message"])
    #expect(document["source"] == "wechatpay" && document["outcome"] == "refused")
    #expect(document["retryable"] == true && document["action"] == "retry")
    #expect(document["retry_after"]?.numberValue?.doubleValue == 0.35)
    #expect(document["request_id"] == "0199f3c4")
    let errors = try #require(document["errors"]?.arrayValue)
    #expect(errors.count == 1)
    #expect(errors[0]["pointer"] == "/coupon_code_list/3" && errors[0]["keyword"] == "maxLength")
    #expect(errors[0]["message"] == "is 33 characters long; at most 32 are allowed")
    let upstream = try #require(document["upstream"]?.objectValue)
    #expect(
      upstream.members.map(\.name) == [
        "status", "code", "message", "detail", "request_id", "verified",
      ])
    #expect(upstream["verified"] == true && upstream["message"] == "频率限制")
  }

  @Test("what is not known is left out")
  func fewestMembers() throws {
    let document = try document(Problem(.routeNotFound, "no operation has this path"))
    for name in ["retry_after", "errors", "upstream"] { #expect(document[name] == nil) }
    let upstream = try self.document(
      Problem(
        .systemError, "m", source: .wechatpay, upstream: UpstreamError(status: 502, verified: false)
      ))
    #expect(upstream["upstream"] == ["status": 502, "verified": false])
  }

  /// The table of CONTRACT 2.2.
  static let contract: [(code: String, status: Int, outcome: String, retryable: Bool)] = [
    ("MALFORMED_JSON", 400, "not_sent", false), ("PARAM_ERROR", 400, "not_sent", false),
    ("MERCHANT_REQUIRED", 400, "not_sent", false), ("UNAUTHENTICATED", 401, "not_sent", false),
    ("PERMISSION_DENIED", 403, "not_sent", false), ("ROUTE_NOT_FOUND", 404, "not_sent", false),
    ("METHOD_NOT_ALLOWED", 405, "not_sent", false), ("REQUEST_TIMEOUT", 408, "not_sent", true),
    ("BODY_TOO_LARGE", 413, "not_sent", false), ("UNSUPPORTED_MEDIA_TYPE", 415, "not_sent", false),
    ("REQUEST_NUMBER_REUSED", 422, "not_sent", false), ("FREQUENCY_LIMITED", 429, "not_sent", true),
    ("INTERNAL", 500, "unknown", true), ("SIGN_ERROR", 502, "refused", false),
    ("UPSTREAM_SIGNATURE_INVALID", 502, "unknown", true),
    ("UPSTREAM_MALFORMED", 502, "unknown", true),
    ("UPSTREAM_UNAVAILABLE", 503, "not_sent", true), ("SYSTEM_ERROR", 503, "unknown", true),
    ("OVERLOADED", 503, "not_sent", true), ("UPSTREAM_TIMEOUT", 504, "unknown", true),
  ]

  @Test("the gateway's own codes are those of the contract, and the error table agrees")
  func gatewayCodes() throws {
    let table = try ExampleAPI.catalog().errorTable
    #expect(ProblemKind.gatewayKinds.map(\.code) == Self.contract.map(\.code))
    for (kind, row) in zip(ProblemKind.gatewayKinds, Self.contract) {
      #expect(kind.status == row.status && kind.outcome.rawValue == row.outcome, "\(row.code)")
      #expect(kind.retryable == row.retryable, "\(row.code)")
      #expect(ProblemKind(table.gatewayRow(row.code)) == kind, "\(row.code)")
      let document = try document(Problem(kind, "m"), language: "en")
      #expect(
        document["title"]?.stringValue?.isEmpty == false
          && document["advice"]?.stringValue?.isEmpty == false)
      #expect(try response(Problem(kind, "m")).status == row.status)
    }
  }

  @Test(
    "an error without a code has the title of what it became",
    arguments: [302, 401, 404, 429, 500, 502])
  func titles(_ status: Int) throws {
    let table = try ExampleAPI.catalog().errorTable
    let row =
      status < 400 ? table.gatewayRow("UPSTREAM_MALFORMED") : table.row(status: status, code: nil)
    let problem = Problem(
      ProblemKind(row), "m", source: .wechatpay, outcome: .unknown,
      upstream: UpstreamError(status: status, verified: false))
    #expect(try document(problem)["title"]?.stringValue == row.title.chinese)
    #expect(try document(problem)["advice"]?.stringValue == row.advice.chinese)
    #expect(row.code != "INTERNAL")
  }

  @Test(
    "Accept-Language picks, Chinese first",
    arguments: [
      (nil, "zh"), ("en", "en"), ("zh-CN,en;q=0.5", "zh"), ("en-GB,zh;q=0.5", "en"), ("fr", "zh"),
      ("*", "zh"),
    ])
  func language(_ header: String?, _ language: String) throws {
    let problem = Problem(.routeNotFound, "no operation has this path")
    let row = try ExampleAPI.catalog().errorTable.gatewayRow("ROUTE_NOT_FOUND")
    let document = try document(problem, language: header)
    #expect(
      document["title"]?.stringValue == (language == "en" ? row.title.english : row.title.chinese))
    #expect(
      document["advice"]?.stringValue
        == (language == "en" ? row.advice.english : row.advice.chinese))
    #expect(try response(problem, language: header).headers["Content-Language"] == language)
  }

  @Test(
    "retry_after is rounded up to milliseconds, Retry-After to whole seconds of at least 1",
    arguments: [
      (Duration.zero, 0.0, "1"), (.nanoseconds(1), 0.001, "1"), (.milliseconds(350), 0.35, "1"),
      (.seconds(1), 1, "1"),
      (.milliseconds(1001), 1.001, "2"), (.seconds(90), 90, "90"),
      (.microseconds(1_999_999), 2, "2"),
    ])
  func retryAfter(_ wait: Duration, _ seconds: Double, _ header: String) throws {
    let problem = Problem(.frequencyLimited, "m", retryAfter: wait)
    #expect(try document(problem)["retry_after"]?.numberValue?.doubleValue == seconds)
    #expect(try response(problem).headers["Retry-After"] == header)
  }

  @Test("the headers of the answer")
  func headers() throws {
    let problem = Problem(
      .unauthenticated, "m",
      upstream: UpstreamError(status: 500, requestID: "08F7", verified: false),
      headers: [(name: "WWW-Authenticate", value: "Bearer")], replayed: true)
    let headers = try response(problem).headers
    #expect(headers["Content-Type"] == "application/problem+json")
    #expect(headers["WWW-Authenticate"] == "Bearer")
    #expect(headers["Idempotent-Replayed"] == "true")
    #expect(headers["Wechatpay-Request-Id"] == "08F7")
    #expect(headers["Retry-After"] == nil)
  }

  @Test("the cause is for the log only")
  func cause() throws {
    let response = try response(
      Problem(.defect, "the request could not be handled", cause: "SECRET"))
    #expect(!String(decoding: response.body, as: UTF8.self).contains("SECRET"))
    #expect(response.headers.fields.allSatisfy { !$0.value.contains("SECRET") })
  }
}
