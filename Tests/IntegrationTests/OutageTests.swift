// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("An outage of WeChat Pay", .timeLimit(.minutes(5)))
struct OutageTests {
  @Test("retries stay within their budget, however many are allowed for each request")
  func budget() async throws {
    let deployment = try await Deployment(
      .init(upstream: "timeout = \"2s\"\nretries = 5", simulator: ["limits": ["journal": 10_000]]))
    try await deployment.misbehave(
      ["kind": "status", "status": 500, "code": "SYSTEM_ERROR"], times: 0)
    let start = ContinuousClock.now
    let answers = try await deployment.uploads(0..<300, "b", atOnce: 30)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    #expect(answers.allSatisfy { $0.code == "SYSTEM_ERROR" && $0.outcome == "unknown" })
    let calls = try await deployment.callsReceived()
    // A hundred saved, two for ten requests, ten a second (WeChatPay/Forwarding/RetryBudget.swift);
    // without a budget there would be 1500.
    #expect(Double(calls - 300) <= 100 + 60 + 10 * seconds)
    #expect(calls - 300 >= 100, "the budget is there to be used")
    let retries = try await deployment.metric("upstream_retries_total")
    #expect(retries == Double(calls - 300))
    await deployment.stop()
  }

  @Test("the circuit opens after ten failures, spares the host, probes it and closes again")
  func circuit() async throws {
    let deployment = try await Deployment(.publicKey(upstream: "timeout = \"2s\"\nretries = 0"))
    let simulator = try ListenAddress.parse(deployment.simulatorAddress)
    let isMended = Guarded(false)
    let server = try ScriptedServer { connection in
      while let request = connection.readRequest(), isMended.withLock({ $0 }),
        connection.relay(request, to: simulator)
      {}
    }
    try await deployment.reconfigure(upstream: server.origin)
    let series = "circuit_state{host=\"\(server.origin)\",state=\"open\"}"
    for number in 0..<10 {
      #expect(try await deployment.metric(series) == 0)
      let answer = try await deployment.upload(["A\(number)"], number: "n-\(number)")
      #expect(answer.code == "UPSTREAM_TIMEOUT")
    }
    #expect(try await deployment.metric(series) == 1)
    #expect(
      await deployment.gateway.line { $0.contains("a circuit changed") && $0.contains("\"open\"") }
        != nil)
    #expect(try await deployment.readiness().status == 503)

    let start = ContinuousClock.now
    var refused = 0
    for number in 10..<40 {
      let answer = try await deployment.upload(["A\(number)"], number: "n-\(number)")
      guard answer.code == "UPSTREAM_UNAVAILABLE" else { continue }
      refused += 1
      #expect(answer.outcome == "not_sent" && answer.headers["Retry-After"] != nil)
      #expect(try await deployment.attempts(of: answer) == 0)
    }
    // A probe a second at most.
    let probes = Int((ContinuousClock.now - start) / .seconds(1)) + 1
    #expect(refused >= 30 - probes && server.requests.count <= 10 + probes)

    isMended.withLock { $0 = true }
    var answer = try await deployment.upload(["B"], number: "m")
    while answer.status != 200 { answer = try await deployment.upload(["B"], number: "m") }
    for phase in ["half_open", "closed"] {
      let line = await deployment.gateway.line {
        $0.contains("a circuit changed") && $0.contains("\"\(phase)\"")
      }
      #expect(line != nil)
    }
    #expect(try await deployment.metric(series) == 0)
    #expect(try await deployment.readiness().status == 200)
    // What was refused or lost ends well.
    for number in 0..<40 {
      #expect(try await deployment.upload(["A\(number)"], number: "n-\(number)").status == 200)
    }
    await deployment.stop()
  }

  @Test("the backup host takes over without a failed request, and gives back")
  func backup() async throws {
    let deployment = try await Deployment(.publicKey(upstream: "timeout = \"2s\"\nretries = 0"))
    let simulator = try ListenAddress.parse(deployment.simulatorAddress)
    let backup = "http://\(deployment.simulatorAddress)"
    let port = try ScriptedServer.refusing()
    let first = "http://127.0.0.1:\(port.port)"
    try await deployment.reconfigure(upstream: first) {
      $0.replacing("retries = 0", with: "retries = 0\nbackup_url = \"\(backup)\"")
    }
    for number in 0..<20 {
      #expect(try await deployment.upload(["A\(number)"], number: "n-\(number)").status == 200)
    }
    #expect(try await deployment.metric("circuit_state{host=\"\(first)\",state=\"open\"}") == 1)
    #expect(try await deployment.metric("circuit_state{host=\"\(backup)\",state=\"open\"}") == 0)
    #expect(try await deployment.metric("upstream_attempts_total{host=\"\(backup)\"}") == 20)
    #expect(try await deployment.readiness().status == 200)

    let server = try ScriptedServer(on: port) { connection in
      while let request = connection.readRequest(), connection.relay(request, to: simulator) {}
    }
    var number = 20
    while server.requests.isEmpty {
      #expect(try await deployment.upload(["A\(number)"], number: "n-\(number)").status == 200)
      number += 1
    }
    let before = server.requests.count
    for _ in 0..<5 {
      #expect(try await deployment.upload(["A\(number)"], number: "n-\(number)").status == 200)
      number += 1
    }
    #expect(server.requests.count == before + 5)
    #expect(try await deployment.metric("circuit_state{host=\"\(first)\",state=\"open\"}") == 0)
    #expect(
      await deployment.gateway.line { $0.contains("a circuit changed") && $0.contains("closed") }
        != nil)
    await deployment.stop()
  }
}
