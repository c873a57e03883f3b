// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("Admin plane", .timeLimit(.minutes(2)))
struct AdminTests {
  static func metrics(_ deployment: Deployment) async throws -> String {
    let answer = try await deployment.call("GET", "/metrics", at: deployment.admin)
    #expect(answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
    return String(decoding: answer.body, as: UTF8.self)
  }

  /// - Returns: exit status and output of promtool, which reads `input`.
  static func promtool(_ arguments: [String], input: String? = nil) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/promtool")
    process.arguments = arguments
    let (stdin, output) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = output
    process.standardError = output
    try process.run()
    stdin.fileHandleForWriting.write(Data((input ?? "").utf8))
    try stdin.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  static let hasPromtool = FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool")

  @Test(
    "/metrics counts what happened, and promtool finds nothing wrong", .enabled(if: hasPromtool))
  func scrape() async throws {
    let deployment = try await Deployment()
    #expect(try await deployment.upload(["A1"], number: "n-1").status == 200)
    #expect(try await deployment.upload(["A1"], number: "n-1").isReplayed)
    #expect(try await deployment.upload(["A2"], number: "n-1").status == 422)
    try await deployment.misbehave(["kind": "status", "status": 500, "code": "SYSTEM_ERROR"])
    #expect(try await deployment.upload(["A3"], number: "n-3").status == 200)
    let stranger = try await deployment.upload(
      ["A4"], number: "n-4", headers: ["X-Merchant-Id": "6666666666"])
    #expect(stranger.status == 403)
    #expect(try await deployment.call("GET", "/nowhere").status == 404)
    let metrics = try await Self.metrics(deployment)
    let lines = Set(metrics.split(separator: "\n").map(String.init))
    for line in [
      #"requests_total{operation="uploadCouponCodes",merchant="1900000001",status="200",code="OK",source="wechatpay"} 3"#,
      #"requests_total{operation="uploadCouponCodes",merchant="1900000001",status="422",code="REQUEST_NUMBER_REUSED",source="gateway"} 1"#,
      #"requests_total{operation="uploadCouponCodes",merchant="none",status="403",code="PERMISSION_DENIED",source="gateway"} 1"#,
      #"requests_total{operation="none",merchant="none",status="404",code="ROUTE_NOT_FOUND",source="gateway"} 1"#,
      #"dedup_total{result="hit"} 1"#, #"dedup_total{result="miss"} 2"#,
      #"dedup_total{result="conflict"} 1"#, #"dedup_total{result="joined"} 0"#,
      #"rate_limit_decisions_total{merchant="1900000001",decision="admitted"} 4"#,
      "upstream_retries_total 1", #"stage_duration_seconds_count{stage="sign"} 3"#,
      #"stage_duration_seconds_count{stage="verify"} 3"#,
      #"stage_duration_seconds_count{stage="validate"} 4"#,
      #"request_duration_seconds_count{operation="uploadCouponCodes"} 5"#,
      #"circuit_state{host="http://\#(deployment.simulatorAddress)",state="closed"} 1"#,
      #"store_entries{state="answered"} 2"#, "ready 1",
      #"certificate_downloads_total{result="ok"} 1"#,
      #"log_lines_dropped_total{log="main"} 0"#,
    ] {
      #expect(lines.contains("wxpay_gateway_" + line), "\(line) is not in\n\(metrics)")
    }
    for family in [
      "certificate_expiry_seconds{merchant=\"1900000001\",kind=\"merchant\"",
      "certificate_expiry_seconds{merchant=\"1900000001\",kind=\"platform\"",
      "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
      "process_start_time_seconds", "build_info{version=",
    ] {
      #expect(lines.contains { $0.hasPrefix("wxpay_gateway_" + family) }, "\(family)")
    }
    #expect(!metrics.contains("6666666666"), "no stranger becomes a label")
    let names = lines.filter { !$0.hasPrefix("#") }
    #expect(names.allSatisfy { $0.hasPrefix("wxpay_gateway_") })
    let (status, output) = try Self.promtool(["check", "metrics"], input: metrics)
    #expect(status == 0 && output.isEmpty, "\(output)")
    await deployment.stop()
  }

  @Test("/status.json has merchants, quotas, certificates, traffic and problems, and no secret")
  func status() async throws {
    let deployment = try await Deployment(
      .init(
        policies: "[policies.rate_limit]\nrate = 2\nper = \"1h\"\nburst = 2",
        rest:
          "[[caller]]\nname = \"coupon-service\"\ntoken = \"file:token\"\nmerchants = [\"*\"]\noperations = [\"*\"]",
        files: ["token": "SECRETTOKEN"]))
    let token: Headers = ["Authorization": "Bearer SECRETTOKEN"]
    for number in 0..<3 {
      let answer = try await deployment.upload(
        ["SECRETCODE\(number)"], number: "n-\(number)", headers: token)
      #expect(answer.status == (number < 2 ? 200 : 429))
    }
    #expect(try await deployment.upload(["SECRETCODE9"], number: "n-9").status == 401)
    let answer = try await deployment.call("GET", "/status.json", at: deployment.admin)
    let status = answer.json
    #expect(status["ready"] == true && status["callers"] == [["name": "coupon-service"]])
    let merchant = try #require(status["merchants"]?.arrayValue?.first)
    #expect(merchant["id"] == "1900000001" && merchant["can_verify"] == true)
    #expect(merchant["quota"]?["used"] == 2 && merchant["quota"]?["limit"] == 2)
    #expect((merchant["certificate"]?["expires_in_seconds"]?.intValue ?? 0) > 0)
    #expect(merchant["platform_certificates"]?.arrayValue?.count == 1)
    #expect(merchant["last_5_minutes"]?["requests"] == 3)
    #expect(merchant["last_5_minutes"]?["refused"] == 1)
    #expect(status["traffic"]?["last_minute"]?["requests"] == 4)
    #expect(status["hosts"]?.arrayValue?.first?["circuit"] == "closed")
    #expect(status["store"]?["answered"] == 2 && status["store"]?["errors"] == 0)
    let problems = try #require(status["problems"]?.arrayValue)
    #expect(
      Set(problems.compactMap { $0["code"]?.stringValue }) == [
        "UNAUTHENTICATED", "FREQUENCY_LIMITED",
      ])
    for problem in problems {
      #expect(problem["advice"]?["en"]?.stringValue?.isEmpty == false)
      #expect(problem["advice"]?["zh"]?.stringValue?.isEmpty == false)
      #expect(problem["request_id"] != nil && problem["count"] == 1)
    }
    #expect(!String(decoding: answer.body, as: UTF8.self).contains("SECRET"))
    // What the front end refuses is a problem, too.
    let tooLarge = try await deployment.call(
      "POST", Deployment.uploadPath, body: [UInt8](repeating: 0x20, count: 70_000))
    #expect(tooLarge.status == 413)
    let after = try await deployment.call("GET", "/status.json", at: deployment.admin).json
    #expect(after["problems"]?.arrayValue?.contains { $0["code"] == "BODY_TOO_LARGE" } == true)
    await deployment.stop()
  }

  @Test("/healthz is alive and /readyz says what is missing")
  func health() async throws {
    let deployment = try await Deployment()
    #expect(try await deployment.call("GET", "/healthz", at: deployment.admin).status == 200)
    #expect(try await deployment.upload(["A1"], number: "n-1").status == 200)
    let ready = try await deployment.call("GET", "/readyz", at: deployment.admin)
    #expect(ready.status == 200 && ready.json["ready"] == true && ready.json["reasons"] == [])
    #expect(try await deployment.call("POST", "/readyz", at: deployment.admin).status == 405)
    await deployment.stop()
    let lost = try await Deployment(.init(upstreamURL: "http://127.0.0.1:9"))
    let notReady = try await lost.call("GET", "/readyz", at: lost.admin)
    #expect(notReady.status == 503 && notReady.json["ready"] == false)
    #expect(
      notReady.json["reasons"]?.arrayValue?.first?.stringValue?.hasPrefix(
        "merchant 1900000001 has no key yet") == true)
    await lost.stop()
  }
}
