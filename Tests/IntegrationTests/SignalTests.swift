// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("Signals", .timeLimit(.minutes(2)))
struct SignalTests {
  @Test("SIGTERM lets the requests inside end, then exits 0")
  func drain() async throws {
    let deployment = try await Deployment()
    try await deployment.misbehave(["kind": "delay", "milliseconds": 700], times: 5)
    async let answers = withThrowingTaskGroup(of: Answer.self) { group in
      for index in 0..<5 {
        group.addTask { try await deployment.upload(["A\(index)"], number: "n-\(index)") }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    while try await deployment.callsReceived() < 5 { await Task.yield() }
    #expect(await deployment.stop() == 0)
    #expect(try await answers.allSatisfy { $0.status == 200 })
  }

  @Test("SIGHUP takes a good configuration and refuses a bad one")
  func reload() async throws {
    let deployment = try await Deployment()
    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    _ = try deployment.folder.write(text + "\nnonsense = 1\n", to: "gateway.conf")
    deployment.gateway.signal(SIGHUP)
    let refusal = try #require(
      await deployment.gateway.line(containing: "the new configuration is refused"))
    #expect(refusal.contains("nonsense"))
    #expect(try await deployment.upload(["A1"], number: "n-1").status == 200)
    _ = try deployment.folder.write(
      text.replacing(
        "[policies.rate_limit]\nrate = 10000\nburst = 10000",
        with: "[policies.rate_limit]\nrate = 1\nper = \"1h\""),
      to: "gateway.conf")
    deployment.gateway.signal(SIGHUP)
    _ = await deployment.gateway.line(containing: "\"reloaded\"")
    let answers = [
      try await deployment.upload(["A2"], number: "n-2"),
      try await deployment.upload(["A3"], number: "n-3"),
    ]
    #expect(answers.contains { $0.status == 429 })
    await deployment.stop()
  }

  @Test("a reload that changes the upstream fails no request that is waiting inside")
  func reloadUpstream() async throws {
    let deployment = try await Deployment(
      .init(policies: "[policies.rate_limit]\nrate = 4\nburst = 1\nmax_wait = \"5s\""))
    async let answers = withThrowingTaskGroup(of: Answer.self) { group in
      for index in 0..<6 {
        group.addTask { try await deployment.upload(["A\(index)"], number: "n-\(index)") }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    while try await deployment.callsReceived() < 1 { await Task.yield() }
    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    _ = try deployment.folder.write(
      text.replacing("retries = 2", with: "retries = 1"), to: "gateway.conf")
    deployment.gateway.signal(SIGHUP)
    _ = await deployment.gateway.line(containing: "\"reloaded\"")
    #expect(try await answers.allSatisfy { $0.status == 200 })
    #expect(await deployment.stop() == 0)
  }
}
