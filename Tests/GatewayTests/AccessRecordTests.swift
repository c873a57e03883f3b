// SPDX-License-Identifier: Apache-2.0
import Concurrency
import GatewayCore
import HTTP
import JSON
import OpenAPI
import Telemetry
import TestSupport
import Testing

@testable import Gateway

@Suite("Access record")
struct AccessRecordTests {
  let written = Guarded<[String]>([])
  let metrics = GatewaySeries()

  func record(
    _ result: Result<Reply, Problem>, headers: Headers = [:], _ note: (inout Journal.Entry) -> Void
  ) throws -> JSONObject {
    let request = HTTPRequest(
      method: "POST", path: ExampleAPI.uploadPath, headers: headers,
      body: Array(ExampleAPI.uploadBody.utf8))
    var entry = Journal.Entry()
    note(&entry)
    let record = AccessRecord(
      id: RequestID("r1"), request: request, operation: "uploadCouponCodes", result, entry)
    record.write(
      to: Log(level: .info, format: .json) { line in
        written.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
      }, metrics)
    let line = try #require(written.withLock { $0.last })
    return try #require(JSONValue(parsing: Array(line.utf8)).objectValue)
  }

  @Test("a success says who asked what for whom, how it ended and how long it took")
  func success() throws {
    let reply = Reply(
      status: 200, contentType: "application/json", body: [], upstreamRequestID: "08F7",
      replayed: true,
      recovered: true)
    let line = try record(
      .success(reply),
      headers: ["traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]
    ) { entry in
      entry.caller = "coupon-service"
      entry.merchant = MerchantID("1900000001")
      entry.requestNumber = "42"
      entry.attempts = 3
      entry.stages = [
        .init(.sign, nanoseconds: 1_000_000), .init(.upstream, nanoseconds: 5_000_000),
        .init(.sign, nanoseconds: 2_000_000),
      ]
    }
    #expect(line["kind"] == "access" && line["level"] == "info" && line["request_id"] == "r1")
    #expect(line["caller"] == "coupon-service" && line["merchant"] == "1900000001")
    #expect(line["operation"] == "uploadCouponCodes" && line["request_number"] == "42")
    #expect(line["status"] == 200 && line["attempts"] == 3)
    #expect(line["replayed"] == true && line["recovered"] == true)
    #expect(line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(line["parent_span_id"] == "00f067aa0ba902b7" && line["span_id"] != nil)
    // Every attempt signs: one member a stage all the same.
    #expect(line["stages"]?["sign"]?.numberValue?.text == "0.003000")
    #expect(line["code"] == nil && line["outcome"] == nil)
    let text = metrics.text()
    #expect(
      text.contains(
        #"wxpay_gateway_requests_total{operation="uploadCouponCodes",merchant="1900000001",status="200",code="OK",source="wechatpay"} 1"#
      ))
    #expect(text.contains("wxpay_gateway_upstream_retries_total 2\n"))
  }

  @Test("no token, coupon code or message of a request or answer is in the line")
  func secrets() throws {
    let problem = Problem(
      .paramError, "/coupon_code_list/0 SECRET is 33 characters long", source: .wechatpay,
      outcome: .refused,
      violations: [
        ParameterViolation(
          location: .body, pointer: "/coupon_code_list/0", keyword: "maxLength", message: "SECRET")
      ],
      upstream: UpstreamError(
        status: 400, code: "PARAM_ERROR", message: "SECRET", detail: ["value": "SECRET"],
        requestID: "08F7",
        verified: true),
      headers: [(name: "X", value: "SECRET")])
    let line = try record(
      .failure(problem), headers: ["Authorization": "Bearer SECRET", "Cookie": "SECRET"]
    ) { _ in }
    #expect(
      line["code"] == "PARAM_ERROR" && line["outcome"] == "refused" && line["source"] == "wechatpay"
    )
    #expect(line["upstream_status"] == 400 && line["upstream_request_id"] == "08F7")
    let text = written.withLock { $0.joined() } + metrics.text()
    for secret in ["SECRET", "ABC9588200"] { #expect(!text.contains(secret)) }
  }

  @Test("a defect is an error with its cause")
  func defect() throws {
    let line = try record(.failure(Problem(.defect, "m", cause: "why"))) { _ in }
    #expect(line["level"] == "error" && line["cause"] == "why" && line["status"] == 500)
  }

  @Test("what observe would have refused is in the line and counted")
  func observed() throws {
    let reply = Reply(status: 200, contentType: nil, body: [], upstreamRequestID: nil)
    let line = try record(.success(reply)) { entry in
      entry.observed = [Journal.Observed(policy: "rate_limit", code: "FREQUENCY_LIMITED")]
    }
    #expect(line["observed"] == ["rate_limit: FREQUENCY_LIMITED"])
    #expect(
      metrics.text().contains(
        #"wxpay_gateway_observed_refusals_total{policy="rate_limit",code="FREQUENCY_LIMITED"} 1"#))
  }
}
