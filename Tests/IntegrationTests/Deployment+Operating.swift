// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

extension Deployment.Options {
  /// A merchant whose answers are verified with WeChat Pay's public key: there are no certificates
  /// to be downloaded, so a host sees the callers' requests only.
  static func publicKey(server: String = "", upstream: String) -> Deployment.Options {
    .init(
      server: server, upstream: upstream,
      merchant:
        "wechatpay_public_key = { id = \"PUB_KEY_ID_1\", file = \"file:platform/pub_key.pem\" }",
      simulator: [
        "platform": ["folder": "platform", "certificates": false, "public_key_id": "PUB_KEY_ID_1"]
      ])
  }
}

/// What an operator does and sees.
extension Deployment {
  var configuration: String {
    get throws { String(decoding: try folder.read("gateway.conf"), as: UTF8.self) }
  }

  /// Rewrites `gateway.conf` and has the gateway read it anew.
  func reconfigure(_ change: (String) -> String) async throws {
    _ = try folder.write(change(try configuration), to: "gateway.conf")
    let isDecided: @Sendable (String) -> Bool = {
      $0.contains("\"reloaded\"") || $0.contains("the new configuration is refused")
    }
    let decisions = gateway.lines.count(where: isDecided)
    gateway.signal(SIGHUP)
    let decision = try #require(
      await gateway.line(occurrence: decisions + 1, where: isDecided))
    try #require(decision.contains("\"reloaded\""), "\(decision)")
  }

  /// Has the gateway call another host.
  func reconfigure(upstream origin: String, and change: (String) -> String = { $0 }) async throws {
    try await reconfigure { text in
      change(text.replacing(/\nurl = "http[^"]*"/, with: "\nurl = \"\(origin)\""))
    }
  }

  /// `nil` for a series that is not there.
  func metric(_ series: String) async throws -> Double? {
    let text = String(
      decoding: try await call("GET", "/metrics", at: admin).body, as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("wxpay_gateway_\(series) ") }
    return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
  }

  func readiness() async throws -> Answer { try await call("GET", "/readyz", at: admin) }

  func status() async throws -> JSONValue {
    try await call("GET", "/status.json", at: admin).json
  }

  /// How often a request was signed and sent, by its access line.
  func attempts(of answer: Answer) async throws -> Int {
    let id = try #require(answer.headers["X-Request-Id"])
    let line = await gateway.line { $0.contains(id) && $0.contains("\"answered\"") }
    return try JSONValue(parsing: Array(try #require(line).utf8))["attempts"]?.intValue ?? -1
  }

  /// Uploads with numbers of their own, so many at a time.
  func uploads(_ numbers: Range<Int>, _ prefix: String, atOnce width: Int) async throws -> [Answer]
  {
    try await withThrowingTaskGroup(of: Answer.self) { group in
      var answers: [Answer] = []
      for number in numbers {
        if number - numbers.lowerBound >= width, let answer = try await group.next() {
          answers.append(answer)
        }
        group.addTask {
          try await self.upload(["\(prefix)\(number)"], number: "\(prefix)-\(number)")
        }
      }
      return try await group.reduce(into: answers) { $0.append($1) }
    }
  }
}

/// A limit of a running process, as an administrator changes it.
func limit(_ what: String, of process: Int32, to value: String) throws {
  try runToEnd("prlimit", ["--pid", "\(process)", "--\(what)=\(value):"])
}
