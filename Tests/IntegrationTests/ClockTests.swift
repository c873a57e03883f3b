// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("Clocks that jump", .timeLimit(.minutes(5)))
struct ClockTests {
  @Test(
    "a jump of the gateway's clock is measured, stops signing before anything is sent, and ends",
    arguments: [1, -1])
  func jump(direction: Int) async throws {
    let clock = try WallClock()
    let deployment = try await Deployment(.init(environment: clock.environment))
    #expect(try await deployment.uploads(0..<3, "a", atOnce: 1).allSatisfy { $0.status == 200 })
    #expect(try await deployment.readiness().status == 200)

    try clock.jump(to: direction * 100)
    let warned = try await deployment.readiness()
    #expect(warned.status == 503)
    #expect(String(decoding: warned.body, as: UTF8.self).contains("seconds from WeChat Pay's"))
    let skew = try #require(try await deployment.metric("clock_skew_seconds"))
    #expect(abs(skew + Double(direction * 100)) <= 3)
    #expect(try await deployment.upload(["B"], number: "b").status == 200)

    try clock.jump(to: direction * 3600)
    let calls = try await deployment.callsReceived()
    for number in 0..<5 {
      let answer = try await deployment.upload(["C\(number)"], number: "c-\(number)")
      #expect(answer.status == 502 && answer.code == "SIGN_ERROR")
      #expect(answer.outcome == "not_sent")
      #expect(answer.json["message"]?.stringValue?.contains("clock") == true)
      #expect(try await deployment.attempts(of: answer) == 0)
    }
    #expect(try await deployment.callsReceived() == calls)
    #expect(try await deployment.books()["signatures_refused"] == 0)

    try clock.jump(to: 0)
    for number in 0..<5 {
      let answer = try await deployment.upload(["C\(number)"], number: "c-\(number)")
      #expect(answer.status == 200 && !answer.isRecovered)
    }
    #expect(try await deployment.readiness().status == 200)
    await deployment.stop()
  }

  @Test("years ahead for a moment forget no request number and no certificate")
  func years() async throws {
    let clock = try WallClock()
    let deployment = try await Deployment(.init(environment: clock.environment))
    let first = try await deployment.uploads(0..<10, "a", atOnce: 1)
    #expect(first.allSatisfy { $0.status == 200 })
    try clock.jump(to: 12 * 365 * 86_400)
    let refused = try await deployment.upload(["B"], number: "b")
    #expect(refused.code == "SIGN_ERROR" && refused.outcome == "not_sent")
    try clock.jump(to: 0)
    deployment.gateway.signal(SIGKILL)
    _ = await deployment.gateway.end()
    try await deployment.restart()
    let again = try await deployment.uploads(0..<10, "a", atOnce: 1)
    #expect(again.allSatisfy(\.isReplayed) && again.map(\.body) == first.map(\.body))
    #expect(try await deployment.upload(["B"], number: "b").status == 200)
    await deployment.stop()
  }

  @Test("rate limits and timeouts go by a clock that does not jump", arguments: [-7200, 7200])
  func monotonic(seconds: Int) async throws {
    let clock = try WallClock()
    let deployment = try await Deployment(
      .init(
        upstream: "timeout = \"1s\"\nretries = 0",
        policies: "[policies.rate_limit]\nrate = 1\nper = \"1h\"\nburst = 4",
        environment: clock.environment))
    #expect(try await deployment.upload(["A"], number: "a").status == 200)
    // In flight while the clock jumps: neither ended early nor kept for hours.
    try await deployment.misbehave(["kind": "delay", "milliseconds": 500])
    async let late = deployment.upload(["B"], number: "b")
    while try await deployment.callsReceived() < 2 { await Task.yield() }
    try clock.jump(to: seconds / 72)
    #expect(try await late.status == 200)
    try await deployment.misbehave(["kind": "no_answer", "milliseconds": 5000])
    async let silent = deployment.upload(["C"], number: "c")
    while try await deployment.callsReceived() < 3 { await Task.yield() }
    try clock.jump(to: seconds)
    #expect(try await silent.code == "UPSTREAM_TIMEOUT")
    try clock.jump(to: 0)
    #expect(try await deployment.upload(["D"], number: "d").status == 200)
    try clock.jump(to: seconds)
    let refused = try await deployment.upload(["E"], number: "e")
    #expect(refused.status == 429)
    let patience = try #require(refused.headers["Retry-After"].flatMap { Int($0) })
    #expect((1...3600).contains(patience))
    await deployment.stop()
  }

  @Test(
    "when it is WeChat Pay's clock that moves, the gateway stops signing and asks until it is right"
  )
  func asking() async throws {
    let deployment = try await Deployment()
    #expect(try await deployment.upload(["A"], number: "a").status == 200)
    try await setSimulatorClock(of: deployment, to: 400)
    var answer = try await deployment.upload(["B"], number: "b")
    var sent = 0
    // Three answers have to agree; then nothing is sent any more.
    while answer.outcome != "not_sent" {
      #expect(answer.code == "SIGN_ERROR")
      sent += 1
      answer = try await deployment.upload(["B"], number: "b")
    }
    #expect(answer.code == "SIGN_ERROR" && sent <= 3)
    #expect(try await deployment.readiness().status == 503)
    try await setSimulatorClock(of: deployment, to: 0)
    while try await deployment.readiness().status != 200 { await Task.yield() }
    #expect(try await deployment.upload(["B"], number: "b").status == 200)
    await deployment.stop()
  }

  private func setSimulatorClock(of deployment: Deployment, to seconds: Int) async throws {
    let body: JSONValue = ["offset_seconds": JSONValue(integerLiteral: seconds)]
    let answer = try await deployment.call(
      "POST", "/clock", body: body.serialized(), at: deployment.control)
    try #require(answer.status == 204)
  }
}
