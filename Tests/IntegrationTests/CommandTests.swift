// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("The commands", .timeLimit(.minutes(2)))
struct CommandTests {
  private func run(_ arguments: String...) async throws -> (status: Int32, text: String) {
    let program = try ChildProgram("wxpay-gateway", arguments)
    let status = await program.end()
    return (status, program.lines.joined(separator: "\n"))
  }

  @Test("check, sign, explain and certificates say what they should, with the exit status to match")
  func commands() async throws {
    let deployment = try await Deployment()
    let configuration = deployment.folder.file("gateway.conf")
    let check = try await run("check", "--config", configuration)
    #expect(check.status == 0 && check.text.contains("no mistakes"))

    let sign = try await run("sign", "GET", "/v3/certificates", "--config", configuration)
    #expect(sign.status == 0)
    #expect(sign.text.hasPrefix("WECHATPAY2-SHA256-RSA2048 mchid=\"1900000001\",nonce_str=\""))

    let body = try deployment.folder.write(
      #"{"coupon_code_list":["A"],"upload_request_no":"n"}"#, to: "body.json")
    let explain = try await run(
      "explain", "POST", Deployment.uploadPath, "--body", body, "--config", configuration)
    #expect(explain.status == 0)
    #expect(explain.text.contains("POST\n\(Deployment.uploadPath)\n"))
    #expect(explain.text.contains("\n" + #"{"coupon_code_list":["A"],"upload_request_no":"n"}"#))

    let bad = try deployment.folder.write(#"{"coupon_code_list":[1]}"#, to: "bad.json")
    let refused = try await run(
      "explain", "POST", Deployment.uploadPath, "--body", bad, "--config", configuration)
    #expect(refused.status == 1 && refused.text.contains("/coupon_code_list/0"))

    let certificates = try await run("certificates", "--config", configuration)
    #expect(certificates.status == 0 && certificates.text.contains("1900000001  "))
    #expect(try await deployment.callsReceived() == 0)
    await deployment.stop()
  }

  @Test(
    "a merchant whom WeChat Pay gives a public key only has no certificates, which is no failure")
  func publicKeyOnly() async throws {
    var options = Deployment.Options.publicKey(upstream: "")
    options.merchant += "\napi_v3_key = \"file:merchant/api_v3_key\""
    let deployment = try await Deployment(options)
    let certificates = try await run(
      "certificates", "--config", deployment.folder.file("gateway.conf"))
    #expect(certificates.status == 0 && certificates.text.contains("public key"))
    #expect(certificates.text.contains("there are no certificates"))
    await deployment.stop()
  }

  @Test("check tells every mistake at once")
  func mistakes() async throws {
    let deployment = try await Deployment()
    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    let wrong = try deployment.folder.write(
      text.replacing("apiclient_key.pem", with: "missing.pem").replacing(
        "rate = 10000", with: "rat = 10000"),
      to: "wrong.conf")
    let check = try await run("check", "--config", wrong)
    #expect(check.status == 1)
    #expect(check.text.contains("did you mean \"rate\"") && check.text.contains("missing.pem"))
    await deployment.stop()
  }

  @Test("an authority's certificate may have any key, but a file without one is a mistake")
  func authorities() async throws {
    let deployment = try await Deployment()
    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    let configuration = try deployment.folder.write(
      text.replacing("[upstream]", with: "[upstream]\nca_file = \"file:ca.pem\""), to: "tls.conf")
    let openssl = Process()
    openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    openssl.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=authority", "-keyout", deployment.folder.file("ca.key"), "-out",
      deployment.folder.file("ca.pem"),
    ]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    #expect(try await run("check", "--config", configuration).status == 0)
    _ = try deployment.folder.write("not a certificate", to: "ca.pem")
    let wrong = try await run("check", "--config", configuration)
    #expect(wrong.status == 1 && wrong.text.contains("upstream.ca_file"))
    await deployment.stop()
  }

  @Test("the admin listener answers what operators ask")
  func admin() async throws {
    let deployment = try await Deployment()
    _ = try await deployment.upload(["A1"], number: "n-1")
    #expect(try await deployment.call("GET", "/healthz", at: deployment.admin).status == 200)
    #expect(try await deployment.call("GET", "/readyz", at: deployment.admin).json["ready"] == true)
    let metrics = try await deployment.call("GET", "/metrics", at: deployment.admin)
    let text = String(decoding: metrics.body, as: UTF8.self)
    #expect(
      text.contains(
        #"wxpay_gateway_requests_total{operation="uploadCouponCodes",merchant="1900000001",status="200",code="OK",source="wechatpay"} 1"#
      ))
    #expect(
      try await deployment.call("GET", "/status.json", at: deployment.admin).json["ready"] == true)
    let document = try await deployment.call("GET", "/openapi.json", at: deployment.admin).json
    #expect(document["openapi"]?.stringValue?.hasPrefix("3.1") == true)
    await deployment.stop()
  }
}
