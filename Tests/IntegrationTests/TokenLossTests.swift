// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite("A token that is lost", .timeLimit(.minutes(3)))
struct TokenLossTests {
  @Test("requests are refused as not sent while it is away, and work again once it is back")
  func lostAndFound() async throws {
    let deployment = try await Deployment()
    deployment.gateway.signal(SIGTERM)
    _ = await deployment.gateway.end()
    let token = try SoftToken()
    try token.add(
      try deployment.folder.read("merchant/apiclient_key.pem"), label: "wxpay", id: "01")
    _ = try deployment.folder.write(SoftToken.pin, to: "pin")
    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    _ = try deployment.folder.write(
      text.replacing(
        "private_key = \"file:merchant/apiclient_key.pem\"",
        with: "private_key = \"pkcs11:object=wxpay\"\nprivate_key_passphrase = \"file:pin\""
      ).replacing("[[merchant]]", with: "[pkcs11]\nmodule = \"\(SoftToken.module)\"\n[[merchant]]"),
      to: "gateway.conf")
    let gateway = try ChildProgram(
      "wxpay-gateway", ["serve", "--config", deployment.folder.file("gateway.conf")],
      environment: token.environment)
    let line = try #require(await gateway.line(containing: "\"listening\""), "\(gateway.lines)")
    let fields = try JSONValue(parsing: Array(line.utf8))
    let address = try #require(fields["listen"]?.stringValue)
    let admin = try #require(fields["admin"]?.stringValue)
    func upload(_ number: String) async throws -> Answer {
      try await deployment.call(
        "POST", Deployment.uploadPath,
        body: Array(#"{"coupon_code_list":["A"],"upload_request_no":"\#(number)"}"#.utf8),
        at: address)
    }
    #expect(try await upload("n-1").status == 200)

    try token.disconnect()
    let refused = try await upload("n-2")
    #expect(refused.status == 502 && refused.code == "SIGN_ERROR" && refused.outcome == "not_sent")
    #expect(refused.json["message"]?.stringValue?.contains("nothing was signed or sent") == true)
    let reasons = try await deployment.call("GET", "/readyz", at: admin)
    #expect(reasons.status == 503)
    #expect(String(decoding: reasons.body, as: UTF8.self).contains("cannot sign"))
    let before = try await deployment.timesDone("n-2")
    #expect(before == 0)

    try token.reconnect()
    // Found by the gateway itself, without a request.
    while try await deployment.call("GET", "/readyz", at: admin).status != 200 {
      await Task.yield()
    }
    #expect(try await upload("n-2").status == 200)
    gateway.signal(SIGTERM)
    #expect(await gateway.end() == 0)
    #expect(!gateway.lines.contains { $0.contains(SoftToken.pin) })
    await deployment.stop()
  }
}
