// SPDX-License-Identifier: Apache-2.0
import Cryptography
import Foundation
import HTTP
import JSON
import Testing

/// `mode = "observe"`: what would have been refused is counted and logged, and goes through.
@Suite("Observe mode", .timeLimit(.minutes(2)))
struct ObserveTests {
  /// That the gateway says in its log and its metrics what it let through, and how often.
  private func expectObserved(
    _ observed: [String: Int], _ deployment: Deployment,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let metrics = try await AdminTests.metrics(deployment)
    await deployment.stop()
    for (refusal, count) in observed {
      let parts = refusal.split(separator: ":")
      let series =
        #"wxpay_gateway_observed_refusals_total{policy="\#(parts[0])",code="\#(parts[1])"}"#
      #expect(
        metrics.contains("\(series) \(count)\n"), "\(refusal)", sourceLocation: sourceLocation)
      let lines = deployment.gateway.lines.filter {
        $0.contains(#""kind":"access""#) && $0.contains("\"\(parts[0]): \(parts[1])\"")
      }
      #expect(lines.count == count, "\(refusal)", sourceLocation: sourceLocation)
    }
  }

  private static func options(_ policy: String, rest: String = "") -> Deployment.Options {
    .init(
      policies:
        "[policies.rate_limit]\nrate = 10000\nburst = 10000\n[policies.\(policy)]\nmode = \"observe\"",
      rest: rest)
  }

  @Test(
    "validate: bytes that violate the schema, or are no JSON at all, are signed and sent as they are"
  )
  func validate() async throws {
    let deployment = try await Deployment(Self.options("validate"))
    let tooLong = String(repeating: "x", count: 33)
    _ = try await deployment.upload([tooLong], number: "n-1")
    let bodies = [
      "{\"upload_request_no\": \"n-2\", \"upload_request_no\": \"n-3\"}", "not JSON", "[",
      "\u{FEFF}{}",
    ]
    for body in bodies {
      let answer = try await deployment.call("POST", Deployment.uploadPath, body: Array(body.utf8))
      #expect(answer.json["source"] == "wechatpay", "WeChat Pay said no: \(answer.json)")
      #expect(answer.code != "MALFORMED_JSON")
    }
    let plain = try await deployment.call(
      "POST", Deployment.uploadPath, body: Array("not JSON".utf8),
      headers: ["Content-Type": "text/plain"])
    #expect(plain.json["source"] == "wechatpay")
    let seen = try await deployment.call("GET", "/requests?last=100", at: deployment.control)
    let received = seen.json["requests"]?.arrayValue?.compactMap { $0["body"]?.stringValue } ?? []
    for body in bodies where !received.isEmpty { #expect(received.contains(body), "\(body)") }
    try await expectObserved(
      [
        "validate:PARAM_ERROR": 1, "validate:MALFORMED_JSON": 5,
        "validate:UNSUPPORTED_MEDIA_TYPE": 1,
      ],
      deployment)
  }

  @Test("validate: a number that can be read still keeps a request from being done twice")
  func validateStillRecognizes() async throws {
    let deployment = try await Deployment(Self.options("validate"))
    let body: JSONValue = ["coupon_code_list": ["A1"], "upload_request_no": "n-1", "surplus": 1]
    func send() async throws -> Answer {
      try await deployment.call(
        "POST", Deployment.uploadPath, body: body.serialized(),
        headers: ["Content-Type": "text/plain"])
    }
    let first = try await send()
    #expect(first.status == 200)
    let second = try await send()
    #expect(second.isReplayed && second.body == first.body)
    #expect(try await deployment.callsReceived() == 1)
    await deployment.stop()
  }

  @Test("rate_limit: what is over the limit goes through at once")
  func rateLimit() async throws {
    let deployment = try await Deployment(
      .init(
        policies:
          "[policies.rate_limit]\nmode = \"observe\"\nrate = 1\nper = \"1h\"\nburst = 1\nmax_wait = \"10s\""
      ))
    for number in 0..<4 {
      #expect(try await deployment.upload(["A\(number)"], number: "n-\(number)").status == 200)
    }
    let metrics = try await AdminTests.metrics(deployment)
    #expect(
      metrics.contains(#"rate_limit_decisions_total{merchant="1900000001",decision="observed"} 3"#))
    try await expectObserved(["rate_limit:FREQUENCY_LIMITED": 3], deployment)
  }

  @Test(
    "deduplicate: other content goes through; the same content is still answered from the store")
  func deduplicate() async throws {
    let deployment = try await Deployment(Self.options("deduplicate"))
    let first = try await deployment.upload(["A1"], number: "n-1")
    let other = try await deployment.upload(["A2"], number: "n-1")
    #expect(first.status == 200)
    #expect(other.json["source"] == "wechatpay", "what WeChat Pay thinks of it")
    let again = try await deployment.upload(["A1"], number: "n-1")
    #expect(again.isReplayed && again.body == first.body)
    #expect(try await deployment.callsReceived() == 2)
    try await expectObserved(["deduplicate:REQUEST_NUMBER_REUSED": 1], deployment)
  }

  @Test("authenticate: strangers and callers without the right go through, for merchants there are")
  func authenticate() async throws {
    let deployment = try await Deployment(
      Self.options(
        "authenticate",
        rest: """
          [[merchant]]
          id = "1900000002"
          certificate = "file:merchant/apiclient_cert.pem"
          private_key = "file:merchant/apiclient_key.pem"
          api_v3_key = "file:merchant/api_v3_key"
          [[caller]]
          name = "reader"
          token = "sha256:\(SHA256.hex(Array("token-of-reader".utf8)))"
          merchants = ["1900000002"]
          operations = ["uploadCouponCodes"]
          """))
    let merchant: Headers = ["X-Merchant-Id": Deployment.merchant]
    #expect(try await deployment.upload(["A1"], number: "n-1", headers: merchant).status == 200)
    var reader = merchant
    reader["Authorization"] = "Bearer token-of-reader"
    #expect(try await deployment.upload(["A2"], number: "n-2", headers: reader).status == 200)
    // What cannot be signed is refused all the same.
    let nobody = try await deployment.upload(["A3"], number: "n-3", headers: ["X-Merchant-Id": "1"])
    #expect(nobody.code == "PERMISSION_DENIED")
    #expect(try await deployment.upload(["A4"], number: "n-4").code == "MERCHANT_REQUIRED")
    let audit = try #require(
      await deployment.gateway.line(containing: #""request_number":"n-2","attempt":1"#))
    #expect(audit.contains(#""caller":"reader""#))
    try await expectObserved(
      ["authenticate:UNAUTHENTICATED": 3, "authenticate:PERMISSION_DENIED": 1], deployment)
  }

  @Test("Server-Timing has the policies together, each of them, and the steps of the call")
  func serverTiming() async throws {
    let deployment = try await Deployment(.init(server: "server_timing = true"))
    let answer = try await deployment.upload(["A1"], number: "n-1")
    let entries = try #require(answer.headers["Server-Timing"]).split(separator: ", ").map {
      entry in
      entry.split(separator: ";dur=").map(String.init)
    }
    #expect(
      entries.map(\.[0]) == [
        "policies", "authenticate", "select_merchant", "validate", "rate_limit", "deduplicate",
        "sign", "upstream", "verify", "normalize",
      ])
    #expect(entries.allSatisfy { Double($0[1]).map { $0 >= 0 } == true })
    await deployment.stop()
  }
}
