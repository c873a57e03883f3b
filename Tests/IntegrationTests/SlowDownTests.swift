// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("When WeChat Pay says that a merchant calls too often", .timeLimit(.minutes(2)))
struct SlowDownTests {
  /// The quota that the headers tell: requests, and seconds.
  private func policy(of answer: Answer) -> (quota: Int, window: Int)? {
    let match = answer.headers["RateLimit-Policy"]?.firstMatch(of: /q=(\d+);w=(\d+)/)
    guard let match, let quota = Int(match.1), let window = Int(match.2) else { return nil }
    return (quota, window)
  }

  private func rate(of answer: Answer) -> Double {
    policy(of: answer).map { Double($0.quota) / Double($0.window) } ?? -1
  }

  @Test("the merchant's rate is halved at once, and comes back step by step")
  func halved() async throws {
    let deployment = try await Deployment(
      .init(policies: "[policies.rate_limit]\nrate = 1000\nper = \"100s\"\nburst = 1000"))
    let full = rate(of: try await deployment.upload(["A"], number: "a"))
    try await deployment.misbehave(
      ["kind": "status", "status": 429, "code": "FREQUENCY_LIMITED"], times: 5)
    // Refused at one moment: they count as one refusal.
    let refused = try await deployment.uploads(0..<5, "r", atOnce: 5)
    #expect(refused.allSatisfy { $0.status == 429 && $0.json["source"] == "wechatpay" })
    let slowdowns = "rate_limit_slowdowns_total{merchant=\"\(Deployment.merchant)\"}"
    #expect(try await deployment.metric(slowdowns) == 1)
    var answer = try await deployment.upload(["B"], number: "b")
    let halved = rate(of: answer)
    #expect(abs(halved - full / 2) <= full / 50, "\(full) \(halved)")

    var number = 0
    while rate(of: answer) <= halved {
      answer = try await deployment.upload(["C\(number)"], number: "c-\(number)")
      number += 1
    }
    #expect(rate(of: answer) <= full * 0.62, "a step, not a leap")
    await deployment.stop()
  }

  @Test("with adaptive = false the rate stays")
  func constant() async throws {
    let deployment = try await Deployment(
      .init(policies: "[policies.rate_limit]\nrate = 1000\nburst = 1000\nadaptive = false"))
    let full = try await deployment.upload(["A"], number: "a").headers["RateLimit-Policy"]
    try await deployment.misbehave(
      ["kind": "status", "status": 429, "code": "FREQUENCY_LIMITED"], times: 1)
    #expect(try await deployment.upload(["B"], number: "b").status == 429)
    let after = try await deployment.upload(["B"], number: "b").headers["RateLimit-Policy"]
    #expect(full != nil && after == full)
    await deployment.stop()
  }
}
