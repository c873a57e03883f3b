import Cryptography
// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import Testing

@Suite("Who may call", .timeLimit(.minutes(2)))
struct CallerTests {
  private static let callers = """
    [[merchant]]
    id = "1900000002"
    certificate = "file:merchant/apiclient_cert.pem"
    private_key = "file:merchant/apiclient_key.pem"
    api_v3_key = "file:merchant/api_v3_key"
    [[caller]]
    name = "all"
    token = "sha256:\(SHA256.hex(Array("token-of-all".utf8)))"
    merchants = ["*"]
    operations = ["*"]
    [[caller]]
    name = "uploader"
    token = "sha256:\(SHA256.hex(Array("token-of-one".utf8)))"
    merchants = ["1900000001"]
    operations = ["uploadCouponCodes"]
    """

  @Test("tokens, merchants and operations are held apart, and no token is logged")
  func permissions() async throws {
    let deployment = try await Deployment(.init(rest: Self.callers))
    func code(_ headers: Headers) async throws -> String {
      try await deployment.upload(["A1"], number: "n-1", headers: headers).code ?? "OK"
    }
    #expect(try await code([:]) == "UNAUTHENTICATED")
    #expect(try await code(["Authorization": "Bearer wrong-token"]) == "UNAUTHENTICATED")
    #expect(try await code(["Authorization": "Bearer token-of-all"]) == "MERCHANT_REQUIRED")
    #expect(
      try await code(["Authorization": "Bearer token-of-all", "X-Merchant-Id": "1900000001"])
        == "OK")
    #expect(try await code(["Authorization": "Bearer token-of-one"]) == "OK")
    let foreign: Headers = ["Authorization": "Bearer token-of-one", "X-Merchant-Id": "1900000002"]
    #expect(try await code(foreign) == "PERMISSION_DENIED")
    let operation = try await deployment.call(
      "GET", "/v3/marketing/busifavor/stocks/98065001",
      headers: ["Authorization": "Bearer token-of-one"])
    #expect(operation.status == 403)
    await deployment.stop()
    #expect(!deployment.gateway.lines.contains { $0.contains("token") })
  }
}
