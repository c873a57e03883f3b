// SPDX-License-Identifier: Apache-2.0
import Cryptography
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("Logs", .timeLimit(.minutes(2)))
struct LogTests {
  static func options(_ log: String) -> Deployment.Options {
    .init(rest: "[log]\n\(log)\n")
  }

  /// The lines of a log in the deployment's folder.
  static func lines(_ deployment: Deployment, _ name: String) throws -> [JSONValue] {
    try deployment.folder.read(name).split(separator: 0x0A).map {
      try JSONValue(parsing: Array($0))
    }
  }

  @Test("every signature has a line in the audit log: who, for whom, what, the body's digest only")
  func audit() async throws {
    let deployment = try await Deployment(Self.options("audit = \"file:logs/audit.jsonl\""))
    try await deployment.misbehave(["kind": "status", "status": 503])
    let answer = try await deployment.upload(["SECRETCODE1"], number: "n-1")
    #expect(answer.status == 200)
    await deployment.stop()
    let lines = try Self.lines(deployment, "logs/audit.jsonl")
    let uploads = lines.filter { $0["operation"] == "uploadCouponCodes" }
    #expect(uploads.count == 2, "one for each attempt")
    for (index, line) in uploads.enumerated() {
      #expect(line["kind"] == "audit" && line["merchant"] == "1900000001")
      #expect(line["request_number"] == "n-1")
      #expect(line["request_id"]?.stringValue == answer.headers["X-Request-Id"])
      #expect(line["attempt"]?.intValue == index + 1)
      let body: JSONValue = ["coupon_code_list": ["SECRETCODE1"], "upload_request_no": "n-1"]
      #expect(line["body_sha256"]?.stringValue == SHA256.hex(body.serialized()))
    }
    #expect(lines.contains { $0["operation"] == "certificates" }, "the gateway's own requests too")
    let text =
      deployment.gateway.lines.joined()
      + String(decoding: try deployment.folder.read("logs/audit.jsonl"), as: UTF8.self)
    #expect(!text.contains("SECRETCODE1"))
    #expect(!deployment.gateway.lines.contains { $0.contains(#""kind":"audit""#) })
  }

  @Test("the audit log is opened anew on SIGUSR1, under load, and no line is lost")
  func rotation() async throws {
    let deployment = try await Deployment(Self.options("audit = \"file:audit.jsonl\""))
    async let answers = withThrowingTaskGroup(of: Answer.self) { group in
      for index in 0..<60 {
        group.addTask { try await deployment.upload(["A\(index)"], number: "n-\(index)") }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for rotation in 0..<5 {
      while !FileManager.default.fileExists(atPath: deployment.folder.file("audit.jsonl")) {
        await Task.yield()
      }
      try FileManager.default.moveItem(
        atPath: deployment.folder.file("audit.jsonl"),
        toPath: deployment.folder.file("audit.\(rotation)"))
      deployment.gateway.signal(SIGUSR1)
    }
    #expect(try await answers.allSatisfy { $0.status == 200 })
    await deployment.stop()
    let names = (0..<5).map { "audit.\($0)" } + ["audit.jsonl"]
    let numbers = try names.flatMap { try Self.lines(deployment, $0) }.compactMap {
      $0["request_number"]?.stringValue
    }
    #expect(numbers.count == 60 && Set(numbers).count == 60)
  }

  @Test("of successes one in so many has an access line, of refusals every one")
  func sampling() async throws {
    let deployment = try await Deployment(Self.options("access_sampling = 5"))
    for index in 0..<10 {
      #expect(try await deployment.upload(["A\(index)"], number: "n-\(index)").status == 200)
      #expect(try await deployment.upload([], number: "m-\(index)").status == 400)
    }
    await deployment.stop()
    let access = deployment.gateway.lines.filter { $0.contains(#""kind":"access""#) }
    #expect(access.count { $0.contains(#""status":200"#) } == 2)
    #expect(access.count { $0.contains(#""status":400"#) } == 10)
  }

  @Test("an audit log on a full disk fails no request, and shows in /readyz and /metrics")
  func fullDisk() async throws {
    let deployment = try await Deployment(Self.options("audit = \"file:/dev/full\""))
    for index in 0..<3 {
      #expect(try await deployment.upload(["A\(index)"], number: "n-\(index)").status == 200)
    }
    var metrics = ""
    repeat {
      metrics = String(
        decoding: try await deployment.call("GET", "/metrics", at: deployment.admin).body,
        as: UTF8.self)
    } while metrics.contains(#"wxpay_gateway_log_errors_total{log="audit"} 0"#)
    #expect(metrics.contains(#"wxpay_gateway_log_lines_dropped_total{log="audit"} 0"#))
    let ready = try await deployment.call("GET", "/readyz", at: deployment.admin)
    #expect(ready.status == 200)
    #expect(
      ready.json["warnings"]?.arrayValue?.first?.stringValue
        == "the audit log cannot be written: No space left on device")
    #expect(await deployment.stop() == 0)
  }

  @Test("a configuration whose audit log cannot be opened is not served")
  func unopenable() async throws {
    let deployment = try await Deployment()
    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    let other = try deployment.folder.write(
      text + "[log]\naudit = \"file:merchant\"\n", to: "other.conf")
    let program = try ChildProgram("wxpay-gateway", ["serve", "--config", other])
    #expect(await program.end() == 1)
    #expect(
      program.lines.contains { $0.contains("error: log.audit:") && $0.contains("Is a directory") },
      "\(program.lines)")
    await deployment.stop()
  }

  @Test("a reader of the log that does not read holds up neither requests nor the end")
  func stuckReader() async throws {
    let deployment = try await Deployment()
    let address = deployment.address
    deployment.gateway.signal(SIGTERM)
    _ = await deployment.gateway.end()
    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    let configuration = try deployment.folder.write(
      text.replacing("listen = \"127.0.0.1:0\" # data", with: "listen = \"\(address)\" # data"),
      to: "gateway.conf")
    let process = Process()
    process.executableURL = ChildProgram.path(of: "wxpay-gateway")
    process.arguments = ["serve", "--config", configuration]
    // Holds 64 KiB, which nobody reads.
    process.standardError = Pipe()
    try process.run()
    var isUp = false
    while !isUp {
      isUp = (try? await deployment.call("GET", "/none").status) == 404
      try #require(process.isRunning)
    }
    for index in 0..<150 {
      #expect(try await deployment.upload(["A\(index)"], number: "n-\(index)").status == 200)
    }
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    deployment.simulator.signal(SIGTERM)
    _ = await deployment.simulator.end()
  }
}
