// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// What the simulator does, and what the caller has to see (CONTRACT 2.2 and 2.5).
struct UpstreamFault: Sendable, CustomTestStringConvertible {
  var fault: JSONValue
  var status: Int
  var code: String
  var outcome: String

  init(_ fault: JSONValue, _ status: Int, _ code: String, _ outcome: String) {
    self.fault = fault
    self.status = status
    self.code = code
    self.outcome = outcome
  }

  var testDescription: String { String(decoding: fault.serialized(), as: UTF8.self) }

  /// Whether the same request may be sent again at once (CONTRACT 2.5): on timeouts, broken
  /// connections, 5xx and SYSTEM_ERROR.
  var isRepeated: Bool { ["UPSTREAM_TIMEOUT", "SYSTEM_ERROR", "BUSY"].contains(code) }

  static let all = [
    UpstreamFault(
      ["kind": "status", "status": 500, "code": "SYSTEM_ERROR"], 503, "SYSTEM_ERROR", "unknown"),
    UpstreamFault(
      ["kind": "status", "status": 400, "code": "SYSTEM_ERROR"], 503, "SYSTEM_ERROR", "unknown"),
    UpstreamFault(["kind": "status", "status": 503, "code": "BUSY"], 503, "BUSY", "unknown"),
    UpstreamFault(
      ["kind": "status", "status": 401, "code": "SIGN_ERROR"], 502, "SIGN_ERROR", "refused"),
    UpstreamFault(["kind": "status", "status": 403, "code": "NOAUTH"], 403, "NO_AUTH", "refused"),
    UpstreamFault(
      ["kind": "status", "status": 429, "code": "RATELIMIT_EXCEED"], 429, "FREQUENCY_LIMITED",
      "refused"),
    UpstreamFault(
      ["kind": "status", "status": 400, "code": "RESOURCE_ALREADY_EXISTS"], 409,
      "RESOURCE_ALREADY_EXISTS", "refused"),
    UpstreamFault(
      ["kind": "status", "status": 400, "code": "ODD", "signed": false], 400, "ODD", "refused"),
    UpstreamFault(["kind": "no_answer", "milliseconds": 3000], 504, "UPSTREAM_TIMEOUT", "unknown"),
    UpstreamFault(["kind": "close"], 504, "UPSTREAM_TIMEOUT", "unknown"),
    UpstreamFault(["kind": "answer_then_lose"], 504, "UPSTREAM_TIMEOUT", "unknown"),
    UpstreamFault(["kind": "cut"], 504, "UPSTREAM_TIMEOUT", "unknown"),
    UpstreamFault(["kind": "drip", "milliseconds": 200], 504, "UPSTREAM_TIMEOUT", "unknown"),
    UpstreamFault(["kind": "wrong_signature"], 502, "UPSTREAM_SIGNATURE_INVALID", "unknown"),
    UpstreamFault(["kind": "signtest"], 502, "UPSTREAM_SIGNATURE_INVALID", "unknown"),
    UpstreamFault(["kind": "old_timestamp"], 502, "UPSTREAM_SIGNATURE_INVALID", "unknown"),
    UpstreamFault(
      ["kind": "old_timestamp", "seconds": -600], 502, "UPSTREAM_SIGNATURE_INVALID", "unknown"),
    UpstreamFault(["kind": "unknown_serial"], 502, "UPSTREAM_SIGNATURE_INVALID", "unknown"),
    UpstreamFault(["kind": "missing_headers"], 502, "UPSTREAM_SIGNATURE_INVALID", "unknown"),
    UpstreamFault(["kind": "not_json"], 503, "SYSTEM_ERROR", "unknown"),
    UpstreamFault(["kind": "not_json", "status": 404], 502, "UPSTREAM_MALFORMED", "unknown"),
    UpstreamFault(["kind": "raw", "body": "<html>"], 502, "UPSTREAM_MALFORMED", "unknown"),
    UpstreamFault(
      ["kind": "oversized_body", "bytes": 4_300_000], 502, "UPSTREAM_MALFORMED", "unknown"),
  ]
}

@Suite("What the caller sees when WeChat Pay misbehaves", .timeLimit(.minutes(2)))
struct UpstreamFaultTests {
  @Test(
    "each fault has its documented status, code and outcome, and as many attempts as are safe",
    arguments: [0, 2])
  func everyFault(retries: Int) async throws {
    let deployment = try await Deployment(.init(upstream: "timeout = \"2s\"\nretries = \(retries)"))
    // The simulator makes the wrong key now, not while an attempt waits for it.
    try await deployment.misbehave(["kind": "wrong_signature"], times: 1 + retries)
    _ = try await deployment.upload(["F"], number: "f")
    try await deployment.forgive()
    for (index, fault) in UpstreamFault.all.enumerated() {
      try await deployment.misbehave(fault.fault, times: 1 + retries)
      let before = try await deployment.callsReceived()
      let answer = try await deployment.upload(["F\(index)"], number: "f-\(index)")
      try await deployment.forgive()
      #expect(answer.status == fault.status, "\(fault)")
      #expect(answer.code == fault.code, "\(fault)")
      #expect(answer.outcome == fault.outcome, "\(fault)")
      #expect(answer.headers["Content-Type"]?.hasPrefix("application/problem+json") == true)
      let calls = try await deployment.callsReceived() - before
      #expect(calls == (fault.isRepeated ? 1 + retries : 1), "\(fault)")
      // Whatever happened, the same request with the same number ends well.
      let again = try await deployment.upload(["F\(index)"], number: "f-\(index)")
      #expect(again.status == 200, "\(fault)")
      #expect(again.isRecovered == (fault.outcome == "unknown"), "\(fault)")
    }
    // The one that the simulator was told to refuse.
    #expect(try await deployment.books()["signatures_refused"] == 1)
    await deployment.stop()
  }

  @Test("a fault that passes is mended by a retry, which is signed afresh")
  func retried() async throws {
    let deployment = try await Deployment()
    try await deployment.misbehave(
      ["kind": "status", "status": 500, "code": "SYSTEM_ERROR"], times: 2)
    let answer = try await deployment.upload(["A1"], number: "n-1")
    #expect(answer.status == 200 && answer.isRecovered)
    #expect(try await deployment.callsReceived() == 3)
    // The simulator refuses a nonce that was used before.
    #expect(try await deployment.books()["signatures_refused"] == 0)
    await deployment.stop()
  }

  @Test("WeChat Pay's spelling is made to fit the schema")
  func quirks() async throws {
    let deployment = try await Deployment()
    try await deployment.misbehave(["kind": "quirks"])
    let answer = try await deployment.upload(["A1"], number: "n-1")
    #expect(answer.status == 200)
    #expect(answer.json["success_codes"] == ["A1"])
    #expect(answer.json["success_count"] == 1)
    let time = try #require(answer.json["success_time"]?.stringValue)
    #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00/) != nil, "\(time)")
    await deployment.stop()
  }

  @Test("a host that cannot be reached leaves nothing sent, and the backup takes over")
  func backup() async throws {
    let dead = try ScriptedServer.refusing()
    let alone = try await Deployment(
      .init(
        upstream: "retries = 0", upstreamURL: "http://127.0.0.1:\(dead.port)",
        merchant:
          "wechatpay_public_key = { id = \"PUB_KEY_ID_1\", file = \"file:platform/pub_key.pem\" }",
        simulator: ["platform": ["folder": "platform", "public_key_id": "PUB_KEY_ID_1"]]))
    let refused = try await alone.upload(["A1"], number: "n-1")
    #expect(
      refused.status == 503 && refused.code == "UPSTREAM_UNAVAILABLE"
        && refused.outcome == "not_sent")
    let text = String(decoding: try alone.folder.read("gateway.conf"), as: UTF8.self)
    _ = try alone.folder.write(
      text.replacing(
        "retries = 0", with: "retries = 0\nbackup_url = \"http://\(alone.simulatorAddress)\""),
      to: "gateway.conf")
    alone.gateway.signal(SIGHUP)
    _ = await alone.gateway.line(containing: "\"reloaded\"")
    #expect(try await alone.upload(["A1"], number: "n-1").status == 200)
    await alone.stop()
  }
}
