// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// What an upstream does to a request once the connection stands, what the caller has to see of it
/// (CONTRACT 2.2), and how often it is sent where two retries are allowed (CONTRACT 2.5).
struct WireFault: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var status: Int
  var code: String
  var attempts: Int
  /// From the moment at which the request was read; closes at its end.
  var script: @Sendable (ScriptedConnection) -> Void

  init(
    _ name: String, _ status: Int, _ code: String, attempts: Int,
    _ script: @escaping @Sendable (ScriptedConnection) -> Void
  ) {
    testDescription = name
    self.status = status
    self.code = code
    self.attempts = attempts
    self.script = script
  }

  /// The upstream writes these bytes and closes.
  static func answering(
    _ name: String, _ text: String, _ status: Int, _ code: String, attempts: Int
  ) -> WireFault {
    WireFault(name, status, code, attempts: attempts) { connection in connection.write(text) }
  }

  static let all = [
    WireFault("silence", 504, "UPSTREAM_TIMEOUT", attempts: 3) { connection in
      connection.waitForEnd()
    },
    WireFault("a head that drips", 504, "UPSTREAM_TIMEOUT", attempts: 3) { connection in
      connection.drip(
        "HTTP/1.1 200 OK\r\nX: " + String(repeating: ".", count: 10_000), pauseMilliseconds: 20)
    },
    WireFault("a body that drips", 504, "UPSTREAM_TIMEOUT", attempts: 3) { connection in
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
      connection.drip(String(repeating: ".", count: 10_000), pauseMilliseconds: 20)
    },
    WireFault("a reset", 504, "UPSTREAM_TIMEOUT", attempts: 3) { connection in
      connection.reset()
    },
    answering("a close without a word", "", 504, "UPSTREAM_TIMEOUT", attempts: 3),
    answering("half a status line", "HTTP/1.1 20", 504, "UPSTREAM_TIMEOUT", attempts: 3),
    answering(
      "a cut after the headers", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 504,
      "UPSTREAM_TIMEOUT", attempts: 3),
    answering(
      "a cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"", 504,
      "UPSTREAM_TIMEOUT", attempts: 3),
    answering(
      "a cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"a\"", 504,
      "UPSTREAM_TIMEOUT", attempts: 3),
    answering("not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", 502, "UPSTREAM_MALFORMED", attempts: 1),
    answering(
      "headers without end",
      "HTTP/1.1 200 OK\r\n"
        + String(repeating: "X: \(String(repeating: "a", count: 1000))\r\n", count: 100),
      502, "UPSTREAM_MALFORMED", attempts: 1),
    answering(
      "a body that is announced as larger than the limit",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{", 502, "UPSTREAM_MALFORMED", attempts: 1
    ),
    WireFault("a body without end", 502, "UPSTREAM_MALFORMED", attempts: 1) { connection in
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      while connection.write("10000\r\n\(String(repeating: "x", count: 65_536))\r\n") {}
    },
    answering(
      "a proxy's page",
      "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>", 503,
      "SYSTEM_ERROR", attempts: 3),
    answering(
      "a way to elsewhere",
      "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
      502,
      "UPSTREAM_MALFORMED", attempts: 1),
    answering(
      "a success that nobody signed",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", 502,
      "UPSTREAM_SIGNATURE_INVALID", attempts: 1),
  ]
}

@Suite("What the caller sees when the connection to WeChat Pay breaks", .timeLimit(.minutes(5)))
struct WireFaultTests {
  /// Passes everything on to the simulator until it gets another script.
  private final class FaultyUpstream: Sendable {
    private let script = Guarded<(@Sendable (ScriptedConnection) -> Void)?>(nil)
    let server: ScriptedServer

    init(before simulator: ListenAddress) throws {
      let script = script
      server = try ScriptedServer { connection in
        while true {
          guard let request = connection.readRequest() else { return }
          if let fault = script.withLock({ $0 }) { return fault(connection) }
          guard connection.relay(request, to: simulator) else { return }
        }
      }
    }

    func play(_ fault: (@Sendable (ScriptedConnection) -> Void)?) { script.withLock { $0 = fault } }
  }

  private static let callback = Array(
    #"{"mchid":"1900000001","notify_url":"https://pay.weixin.qq.com"}"#.utf8)

  @Test("each fault has its code, the outcome unknown, and as many attempts as are safe")
  func everyFault() async throws {
    let deployment = try await Deployment(.init(upstream: "timeout = \"1s\"\nretries = 2"))
    let upstream = try FaultyUpstream(before: ListenAddress.parse(deployment.simulatorAddress))
    try await deployment.reconfigure(upstream: upstream.server.origin)
    #expect(try await deployment.upload(["W"], number: "w").status == 200)
    for (index, fault) in WireFault.all.enumerated() {
      upstream.play(fault.script)
      let before = upstream.server.requests.count
      let answer = try await deployment.upload(["W\(index)"], number: "w-\(index)")
      #expect(answer.status == fault.status, "\(fault)")
      #expect(answer.code == fault.code, "\(fault)")
      #expect(answer.outcome == "unknown", "\(fault)")
      #expect(try await deployment.attempts(of: answer) == fault.attempts, "\(fault)")
      #expect(upstream.server.requests.count - before == fault.attempts, "\(fault)")
      // Without a request number only what was surely not sent is sent again.
      let unnumbered = try await deployment.call(
        "POST", "/v3/marketing/busifavor/callbacks", body: Self.callback)
      #expect(unnumbered.code == fault.code, "\(fault)")
      #expect(try await deployment.attempts(of: unnumbered) == 1, "\(fault)")

      upstream.play(nil)
      let again = try await deployment.upload(["W\(index)"], number: "w-\(index)")
      #expect(again.status == 200 && again.isRecovered, "\(fault)")
      #expect(try await deployment.timesDone("w-\(index)") == 1, "\(fault)")
    }
    #expect(try await deployment.books()["signatures_refused"] == 0)
    await deployment.stop()
  }

  @Test("a kept connection that turns out dead fails no request")
  func staleConnection() async throws {
    let deployment = try await Deployment()
    let simulator = try ListenAddress.parse(deployment.simulatorAddress)
    // Answers one request on each connection, and closes when it has read the second: the worst
    // moment, since nobody can know whether that was carried out.
    let server = try ScriptedServer { connection in
      guard let request = connection.readRequest(), connection.relay(request, to: simulator) else {
        return
      }
      _ = connection.readRequest()
    }
    try await deployment.reconfigure(upstream: server.origin)
    for number in 0..<10 {
      let answer = try await deployment.upload(["A\(number)"], number: "n-\(number)")
      #expect(answer.status == 200)
      #expect(try await deployment.timesDone("n-\(number)") == 1)
    }
    await deployment.stop()
  }

  @Test("what cannot be reached was not sent, and is tried as often as the retries allow")
  func unreachable() async throws {
    // Stands for a name of 64 characters, which is none: the resolver refuses it without asking the
    // network (hostname(7), HOSTALIASES).
    let folder = try TemporaryFolder()
    let aliases = try folder.write(
      "nameless \(String(repeating: "a", count: 64)).example\n", to: "aliases")
    var options = Deployment.Options.publicKey(upstream: "timeout = \"1s\"\nretries = 2")
    options.environment = ["HOSTALIASES": aliases]
    let deployment = try await Deployment(options)
    let refusing = try ScriptedServer.refusing()
    for origin in ["http://127.0.0.1:\(refusing.port)", "https://nameless"] {
      try await deployment.reconfigure(upstream: origin)
      for body in [nil, Self.callback] {
        let answer =
          if let body {
            try await deployment.call("POST", "/v3/marketing/busifavor/callbacks", body: body)
          } else {
            try await deployment.upload(["A1"], number: "n-1")
          }
        #expect(answer.status == 503 && answer.code == "UPSTREAM_UNAVAILABLE", "\(origin)")
        #expect(answer.outcome == "not_sent", "\(origin)")
        #expect(try await deployment.attempts(of: answer) == 3, "\(origin)")
      }
    }
    #expect(try await deployment.callsReceived() == 0)
    await deployment.stop()
  }

  @Test("a 429 of WeChat Pay is passed on at once, with its Retry-After where it has one")
  func tooMany() async throws {
    let deployment = try await Deployment()
    for (index, seconds) in ["7", nil].enumerated() {
      var fault = JSONObject([
        .init(name: "kind", value: "status"), .init(name: "status", value: 429),
      ])
      fault["code"] = "FREQUENCY_LIMITED"
      if let seconds { fault["headers"] = ["Retry-After": .string(seconds)] }
      try await deployment.misbehave(.object(fault))
      let answer = try await deployment.upload(["A\(index)"], number: "n-\(index)")
      #expect(answer.status == 429 && answer.code == "FREQUENCY_LIMITED")
      #expect(answer.outcome == "refused" && answer.json["source"] == "wechatpay")
      let patience: JSONValue? = seconds == nil ? nil : 7
      #expect(answer.json["retry_after"] == patience)
      #expect(answer.headers["Retry-After"] == seconds)
      #expect(try await deployment.attempts(of: answer) == 1)
      #expect(try await deployment.upload(["A\(index)"], number: "n-\(index)").status == 200)
    }
    await deployment.stop()
  }
}
