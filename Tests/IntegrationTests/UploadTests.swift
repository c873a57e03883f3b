// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import Testing

@Suite("An upload through the running gateway", .timeLimit(.minutes(2)))
struct UploadTests {
  @Test("the documented example is uploaded, and its answer fits the declared schema")
  func example() async throws {
    let deployment = try await Deployment()
    let answer = try await deployment.upload(
      ["ABC9588200", "ABC9588201"], number: "100002322019090134234sfdf",
      headers: ["X-Request-Id": "demo-1"])
    #expect(answer.status == 200)
    #expect(answer.json["success_count"] == 2)
    for list in ["fail_codes", "exist_codes", "duplicate_codes"] {
      #expect(answer.json[list] == [])
    }
    #expect(answer.headers["X-Request-Id"] == "demo-1")
    #expect(answer.headers["RateLimit-Policy"] != nil && answer.headers["RateLimit"] != nil)
    #expect(answer.headers["Wechatpay-Request-Id"] != nil)
    #expect(try await deployment.books()["signatures_refused"] == 0)
    #expect(await deployment.stop() == 0)
  }

  @Test("a repeated number is replayed byte for byte, also after the gateway was killed")
  func replay() async throws {
    let deployment = try await Deployment()
    let first = try await deployment.upload(["A1", "A2"], number: "n-1")
    let second = try await deployment.call(
      "POST", Deployment.uploadPath,
      body: Array(#"{ "upload_request_no": "n-1", "coupon_code_list": ["A1", "\u00412"] }"#.utf8))
    #expect(second.isReplayed && second.body == first.body)
    deployment.gateway.signal(SIGKILL)
    _ = await deployment.gateway.end()
    try await deployment.restart()
    let third = try await deployment.upload(["A1", "A2"], number: "n-1")
    #expect(third.isReplayed && third.body == first.body)
    #expect(try await deployment.timesDone("n-1") == 1)
    let other = try await deployment.upload(["B1"], number: "n-1")
    #expect(
      other.status == 422 && other.code == "REQUEST_NUMBER_REUSED" && other.outcome == "not_sent")
    await deployment.stop()
  }

  @Test("many callers with one number get one answer, and WeChat Pay one call")
  func joined() async throws {
    let deployment = try await Deployment()
    try await deployment.misbehave(["kind": "delay", "milliseconds": 500])
    let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
      for _ in 0..<20 { group.addTask { try await deployment.upload(["A1"], number: "n-1") } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.allSatisfy { $0.status == 200 && $0.body == answers[0].body })
    #expect(answers.count(where: \.isReplayed) == 19)
    #expect(try await deployment.timesDone("n-1") == 1)
    await deployment.stop()
  }

  @Test("an answer that was lost is recovered and says so, as does its replay")
  func recovered() async throws {
    let deployment = try await Deployment(.init(upstream: "timeout = \"2s\"\nretries = 0"))
    try await deployment.misbehave(["kind": "answer_then_lose"])
    let lost = try await deployment.upload(["A1"], number: "n-1")
    #expect(lost.status == 504 && lost.code == "UPSTREAM_TIMEOUT" && lost.outcome == "unknown")
    #expect(try await deployment.upload(["B1"], number: "n-1").status == 422)
    let found = try await deployment.upload(["A1"], number: "n-1")
    #expect(found.status == 200 && found.isRecovered && found.json["exist_codes"] == ["A1"])
    let replayed = try await deployment.upload(["A1"], number: "n-1")
    #expect(replayed.isReplayed && replayed.isRecovered && replayed.body == found.body)
    await deployment.stop()
  }

  @Test("a merchant over its rate is told how long to wait, and nothing is sent")
  func rateLimit() async throws {
    let deployment = try await Deployment(
      .init(policies: "[policies.rate_limit]\nrate = 1\nper = \"1h\"\nburst = 2"))
    #expect(try await deployment.upload(["A1"], number: "n-1").status == 200)
    #expect(try await deployment.upload(["A2"], number: "n-2").status == 200)
    let refused = try await deployment.upload(["A3"], number: "n-3")
    #expect(refused.status == 429 && refused.code == "FREQUENCY_LIMITED")
    #expect(refused.headers["Retry-After"] == "3600")
    #expect(refused.json["source"] == "gateway")
    #expect(try await deployment.callsReceived() == 2)
    await deployment.stop()
  }

  @Test("certificates that change in the middle of traffic fail no request")
  func rotation() async throws {
    let deployment = try await Deployment()
    for round in 0..<4 {
      let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
        for index in 0..<10 {
          group.addTask {
            try await deployment.upload(["C\(round)-\(index)"], number: "n-\(round)-\(index)")
          }
        }
        group.addTask {
          try await deployment.call("POST", "/certificates/rotate", at: deployment.control)
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.allSatisfy { (200...299).contains($0.status) })
    }
    await deployment.stop()
  }

  @Test("a WeChat Pay public key verifies answers without any certificate")
  func publicKey() async throws {
    let id = "PUB_KEY_ID_0119000000012024112300000000000001"
    let deployment = try await Deployment(
      .init(
        merchant: "wechatpay_public_key = { id = \"\(id)\", file = \"file:platform/pub_key.pem\" }",
        simulator: [
          "platform": ["folder": "platform", "certificates": false, "public_key_id": .string(id)]
        ]))
    #expect(try await deployment.upload(["A1"], number: "n-1").status == 200)
    await deployment.stop()
  }
}
