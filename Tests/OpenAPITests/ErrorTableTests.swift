// SPDX-License-Identifier: Apache-2.0
import OpenAPI
import Testing

@Suite("The error table")
struct ErrorTableTests {
  struct Row: Sendable {
    var status: Int
    var code: String?
    var seen: String
    var retryable: Bool
    var outcome: ErrorRow.Outcome
    var action: ErrorRow.Action

    init(
      _ status: Int, _ code: String?, _ seen: String, _ retryable: Bool,
      _ outcome: ErrorRow.Outcome,
      _ action: ErrorRow.Action
    ) {
      self.status = status
      self.code = code
      self.seen = seen
      self.retryable = retryable
      self.outcome = outcome
      self.action = action
    }
  }

  @Test(
    "what WeChat Pay answers becomes what the contract says",
    arguments: [
      Row(400, "PARAM_ERROR", "400 PARAM_ERROR", false, .refused, .fixRequest),
      Row(400, "SYSTEM_ERROR", "503 SYSTEM_ERROR", true, .unknown, .retry),
      Row(500, "SYSTEM_ERROR", "503 SYSTEM_ERROR", true, .unknown, .retry),
      Row(502, "SYSTEM_ERROR", "503 SYSTEM_ERROR", true, .unknown, .retry),
      Row(503, "SYSTEM_ERROR", "503 SYSTEM_ERROR", true, .unknown, .retry),
      Row(
        400, "RESOURCE_ALREADY_EXISTS", "409 RESOURCE_ALREADY_EXISTS", false, .refused,
        .newRequestNumber),
      Row(400, "INVALID_REQUEST", "400 INVALID_REQUEST", false, .refused, .fixRequest),
      Row(400, "APPID_MCHID_NOT_MATCH", "400 APPID_MCHID_NOT_MATCH", false, .refused, .fixRequest),
      Row(400, "MCH_NOT_EXISTS", "400 MCH_NOT_EXISTS", false, .refused, .fixRequest),
      Row(401, "SIGN_ERROR", "502 SIGN_ERROR", false, .refused, .askOperator),
      Row(401, "OTHER", "502 SIGN_ERROR", false, .refused, .askOperator),
      Row(401, nil, "502 SIGN_ERROR", false, .unknown, .askOperator),
      Row(403, "NOAUTH", "403 NO_AUTH", false, .refused, .askOperator),
      Row(403, "NO_AUTH", "403 NO_AUTH", false, .refused, .askOperator),
      Row(403, "RULELIMIT", "403 RULE_LIMIT", false, .refused, .fixRequest),
      Row(403, "RULE_LIMIT", "403 RULE_LIMIT", false, .refused, .fixRequest),
      Row(404, "RESOURCE_NOT_EXISTS", "404 RESOURCE_NOT_EXISTS", false, .refused, .fixRequest),
      Row(404, "USER_NOT_EXISTS", "404 USER_NOT_EXISTS", false, .refused, .fixRequest),
      Row(429, "FREQUENCY_LIMITED", "429 FREQUENCY_LIMITED", true, .refused, .retry),
      Row(429, "FREQUENCY_LIMIT_EXCEED", "429 FREQUENCY_LIMITED", true, .refused, .retry),
      Row(429, "RATELIMIT_EXCEEDED", "429 FREQUENCY_LIMITED", true, .refused, .retry),
      Row(429, "RATELIMIT_EXCEED", "429 FREQUENCY_LIMITED", true, .refused, .retry),
      Row(429, nil, "429 FREQUENCY_LIMITED", true, .unknown, .retry),
      Row(429, "OTHER", "429 OTHER", false, .refused, .fixRequest),
      Row(403, "OTHER", "403 OTHER", false, .refused, .fixRequest),
      Row(404, "PARAM_ERROR", "404 PARAM_ERROR", false, .refused, .fixRequest),
      Row(499, "X", "499 X", false, .refused, .fixRequest),
      Row(404, nil, "502 UPSTREAM_MALFORMED", true, .unknown, .retry),
      Row(404, "", "502 UPSTREAM_MALFORMED", true, .unknown, .retry),
      Row(500, "BANKERROR", "503 BANKERROR", true, .unknown, .retry),
      Row(504, nil, "503 SYSTEM_ERROR", true, .unknown, .retry),
      Row(599, "X", "503 X", true, .unknown, .retry),
      Row(302, nil, "500 INTERNAL", true, .unknown, .retry),
    ])
  func upstream(expected: Row) throws {
    let row = try ErrorTable.load(Documents.errors).row(
      status: expected.status, code: expected.code)
    #expect("\(row.status) \(row.code)" == expected.seen)
    #expect(row.retryable == expected.retryable)
    #expect(row.outcome == expected.outcome)
    #expect(row.action == expected.action)
    #expect(!row.title[.chinese].isEmpty && !row.title[.english].isEmpty)
    #expect(!row.advice[.chinese].isEmpty && !row.advice[.english].isEmpty)
  }

  @Test(
    "the gateway's own codes have the status, outcome and retryability of the contract",
    arguments: [
      ("MALFORMED_JSON", 400, "not_sent", false), ("PARAM_ERROR", 400, "not_sent", false),
      ("MERCHANT_REQUIRED", 400, "not_sent", false), ("UNAUTHENTICATED", 401, "not_sent", false),
      ("PERMISSION_DENIED", 403, "not_sent", false), ("ROUTE_NOT_FOUND", 404, "not_sent", false),
      ("METHOD_NOT_ALLOWED", 405, "not_sent", false), ("REQUEST_TIMEOUT", 408, "not_sent", true),
      ("BODY_TOO_LARGE", 413, "not_sent", false),
      ("UNSUPPORTED_MEDIA_TYPE", 415, "not_sent", false),
      ("REQUEST_NUMBER_REUSED", 422, "not_sent", false),
      ("FREQUENCY_LIMITED", 429, "not_sent", true),
      ("INTERNAL", 500, "unknown", true), ("SIGN_ERROR", 502, "refused", false),
      ("UPSTREAM_SIGNATURE_INVALID", 502, "unknown", true),
      ("UPSTREAM_MALFORMED", 502, "unknown", true),
      ("UPSTREAM_UNAVAILABLE", 503, "not_sent", true), ("SYSTEM_ERROR", 503, "unknown", true),
      ("OVERLOADED", 503, "not_sent", true), ("UPSTREAM_TIMEOUT", 504, "unknown", true),
    ])
  func gateway(code: String, status: Int, outcome: String, retryable: Bool) throws {
    let row = try ErrorTable.load(Documents.errors).gatewayRow(code)
    #expect(row.code == code)
    #expect(row.status == status)
    #expect(row.outcome.rawValue == outcome)
    #expect(row.retryable == retryable)
    #expect(row.retryable == (row.action == .retry))
    #expect(!row.title[.chinese].isEmpty && !row.advice[.english].isEmpty)
  }

  @Test("the set of the gateway's codes is that of the contract")
  func closedSet() {
    #expect(Set(ErrorTable.gatewayCodes).count == 20)
  }

  @Test("the advice is in the language that is asked for")
  func languages() throws {
    let advice = try ErrorTable.load(Documents.errors).row(status: 400, code: "SYSTEM_ERROR").advice
    #expect(advice[Language(acceptLanguage: nil)] == "请使用相同参数稍后重新调用")
    #expect(advice[Language(acceptLanguage: "en")].hasPrefix("Send the same request"))
  }

  @Test("every mistake of a table is told at once, with its line")
  func mistakes() throws {
    let table = """
      wechatpay:
        - when: { status: 200, code: X }
          becomes: { status: 400, code: X }
          retryable: perhaps
          outcome: lost
          action: pray
          title: { zh: 一 }
          advice: { zh: 一, en: one }
        - when: { status: 400 }
          becomes: { status: 400 }
        - whenever: 1
      gateway:
        NOT_OURS: { status: 400 }
      other: 1
      """
    let mistakes = try Documents.withFiles(["errors.yaml": table]) { paths in
      do throws(DocumentMistakes) {
        _ = try ErrorTable.load(paths[0])
        return [DocumentMistake]()
      } catch {
        return error.mistakes
      }
    }
    let places = Set(mistakes.map { "\($0.line ?? 0) \($0.pointer)" })
    #expect(
      places.isSuperset(of: [
        "2 /wechatpay/0/when/status", "4 /wechatpay/0/retryable", "5 /wechatpay/0/outcome",
        "6 /wechatpay/0/action",
        "7 /wechatpay/0/title", "9 /wechatpay/1/when", "11 /wechatpay/2",
        "11 /wechatpay/2/whenever",
        "13 /gateway/NOT_OURS", "14 /other", "12 /gateway",
      ]))
    #expect(mistakes.filter { $0.pointer == "/gateway" }.count == 20)
    #expect(mistakes.allSatisfy { !$0.remedy.isEmpty })
  }
}
