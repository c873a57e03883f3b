// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// Everything secret or confidential is marked, goes through every path, and is searched for in
/// everything that comes out.
@Suite("No secret comes out", .timeLimit(.minutes(4)))
struct SecretLeakTests {
  private static let token = "MARKtoken-7f3a9c"
  private static let wrongToken = "MARKwrong-51be02"
  private static let passphrase = "MARKphrase-c0ffee"
  private static let wrongPassphrase = "MARKbadphrase-dead01"
  private static let pasted = "MARKpasted-0123456789abcdef01234"
  private static let apiV3Key = "MARKapiv3key0123456789abcdefghij"
  private static let code = "MARKcode7788"
  private static let header = "MARKheader-33aa"

  /// What nobody may ever see, and what only the caller who sent it may see again.
  private static let secrets = [
    token, wrongToken, passphrase, wrongPassphrase, pasted, apiV3Key, header,
  ]

  @Test("not in responses, logs, metrics, status, or what the commands print")
  func everyPath() async throws {
    let deployment = try await Deployment(
      .init(rest: "[[caller]]\nname = \"service\"\ntoken = \"file:token\"\nmerchants = [\"*\"]"),
      prepare: Self.prepare)
    var shown: [String] = []
    func note(_ answer: Answer) {
      shown.append(answer.headers.fields.map { "\($0.name): \($0.value)" }.joined(separator: "\n"))
      shown.append(String(decoding: answer.body, as: UTF8.self))
    }

    // Requests: right, wrong, malformed, and refused by WeChat Pay in words that echo.
    let authorized: Headers = [
      "Authorization": "Bearer \(Self.token)", "X-Secret": Self.header, "Cookie": Self.header,
      "X-Request-Id": "id/\(Self.header)", "traceparent": "00-\(Self.header)",
    ]
    note(try await deployment.upload([Self.code], number: "n-1", headers: authorized))
    note(try await deployment.upload([Self.code], number: "n-1", headers: authorized))
    for value in [
      "Bearer \(Self.wrongToken)", "bearer  \(Self.wrongToken)", "Basic \(Self.wrongToken)",
      Self.wrongToken, "Bearer \(Self.token) \(Self.wrongToken)",
    ] {
      let answer = try await deployment.upload(
        [Self.code], number: "n-2", headers: ["Authorization": value])
      #expect(answer.status == 401)
      note(answer)
    }
    for body in [
      "{\"\(Self.wrongToken)", "[\"\(Self.wrongToken)\"]", "\(Self.wrongToken)",
      "{\"upload_request_no\":{\"\(Self.header)\":1}}",
    ] {
      var headers = authorized
      headers["Content-Type"] = "application/json"
      note(
        try await deployment.call(
          "POST", Deployment.uploadPath, body: Array(body.utf8), headers: headers))
      headers["Content-Type"] = "text/\(Self.header)"
      note(
        try await deployment.call(
          "POST", Deployment.uploadPath, body: Array(body.utf8), headers: headers))
    }
    for status in [400, 401, 403, 429, 500] {
      try await deployment.misbehave([
        "kind": "status", "status": JSONValue(integerLiteral: status), "code": "PARAM_ERROR",
        "message": .string("no such code \(Self.code)"),
      ])
      note(
        try await deployment.upload([Self.code], number: "n-\(status)", headers: authorized))
    }

    // Configurations that cannot be used, by reload and by check.
    let good = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    for (index, bad) in Self.badConfigurations(good).enumerated() {
      _ = try deployment.folder.write(bad, to: "gateway.conf")
      deployment.gateway.signal(SIGHUP)
      let wanted = index + 1
      while deployment.gateway.lines.count(where: { $0.contains("configuration is refused") })
        < wanted
      { await Task.yield() }
      for arguments in [["check"], ["sign", "GET", "/x"], ["certificates"]] {
        let (status, text) = try await Self.run(deployment, arguments)
        #expect(status != 0, "\(bad)")
        shown.append(text)
      }
    }
    _ = try deployment.folder.write(good, to: "gateway.conf")

    // Commands with a configuration that can be used.
    let body = try deployment.folder.write(
      "{\"coupon_code_list\":[\"X\"],\"upload_request_no\":\"n\"}", to: "body.json")
    for arguments in [
      ["check"], ["certificates"], ["sign", "POST", "/v3/x", "--body", body],
      ["explain", "POST", Deployment.uploadPath, "--body", body, "--token", Self.token],
      ["explain", "POST", Deployment.uploadPath, "--body", body, "--token", Self.wrongToken],
      ["explain", "POST", Deployment.uploadPath, "--body", body],
    ] {
      shown.append(try await Self.run(deployment, arguments).text)
    }

    var ofOperators: [String] = []
    for path in ["/", "/healthz", "/readyz", "/metrics", "/status.json", "/openapi.json", "/docs"] {
      let answer = try await deployment.call("GET", path, at: deployment.admin)
      ofOperators.append(String(decoding: answer.body, as: UTF8.self))
    }
    await deployment.stop()
    ofOperators += deployment.gateway.lines

    let key = try Self.keyLines(deployment)
    for text in shown + ofOperators {
      for secret in Self.secrets + key {
        #expect(!text.contains(secret), "\(secret) in: \(text.prefix(400))")
      }
    }
    // Coupon codes go back to who sent them, but to no operator.
    for text in ofOperators { #expect(!text.contains(Self.code), "\(text.prefix(400))") }
    #expect(shown.count > 40 && ofOperators.count > 20)
  }

  /// Encrypts the merchant's key and marks what Deployment made.
  private static func prepare(_ folder: TemporaryFolder) throws {
    _ = try folder.write(token, to: "token")
    _ = try folder.write(passphrase, to: "passphrase")
    _ = try folder.write(wrongPassphrase, to: "wrong")
    _ = try folder.write(apiV3Key, to: "merchant/api_v3_key")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "openssl", "pkcs8", "-topk8", "-in", folder.file("merchant/apiclient_key.pem"), "-out",
      folder.file("encrypted.pem"), "-passout", "file:\(folder.file("passphrase"))",
    ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.file("encrypted.pem"))
  }

  private static func badConfigurations(_ good: String) -> [String] {
    let key = "private_key = \"file:merchant/apiclient_key.pem\""
    let encrypted = "private_key = \"file:encrypted.pem\""
    return [
      good.replacing(key, with: encrypted),
      good.replacing(key, with: encrypted + "\nprivate_key_passphrase = \"file:wrong\""),
      good.replacing(key, with: encrypted + "\nprivate_key_passphrase = \"\(pasted)\""),
      good.replacing(key, with: "private_key = \"\(pasted)\""),
      good.replacing(key, with: "private_key = \"file:passphrase\""),
      good.replacing(key, with: "private_key = \"pkcs11:object=x?pin-value=\(pasted)\""),
      good.replacing("\"file:merchant/api_v3_key\"", with: "\"\(pasted)\""),
      good.replacing("\"file:merchant/api_v3_key\"", with: "\"file:token\""),
      good.replacing("\"file:token\"", with: "\"\(pasted)\""),
      good.replacing("\"file:token\"", with: "\"sha256:\(pasted)\""),
      good.replacing("\"file:token\"", with: "\(pasted)"),
      good.replacing("\"file:token\"", with: "\"env: \(pasted)\""),
      good.replacing(
        "[store]\nurl = \"sqlite:state/gateway.db\"", with: "[store]\nurl = \"redis//:\(pasted)@x\""
      ),
    ]
  }

  /// Some lines of the key's text.
  private static func keyLines(_ deployment: Deployment) throws -> [String] {
    ["merchant/apiclient_key.pem", "encrypted.pem"].flatMap { name in
      String(decoding: (try? deployment.folder.read(name)) ?? [], as: UTF8.self)
        .split(separator: "\n").filter { !$0.hasPrefix("-") && $0.count > 40 }.map(String.init)
    }
  }

  private static func run(
    _ deployment: Deployment, _ arguments: [String]
  ) async throws -> (status: Int32, text: String) {
    let program = try ChildProgram(
      "wxpay-gateway", arguments + ["--config", deployment.folder.file("gateway.conf")])
    let status = await program.end()
    return (status, program.lines.joined(separator: "\n"))
  }
}
