// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import HTTPClient
import TestSupport
import Testing

@Suite("TLS on the listener", .timeLimit(.minutes(3)))
struct ListenerTLSTests {
  private let folder: TemporaryFolder
  private let authority: CertificateAuthority
  private let server: CertificateAuthority.Credentials

  init() throws {
    folder = try TemporaryFolder()
    authority = try CertificateAuthority(in: folder)
    server = try Self.serverCredentials(authority, "server")
  }

  private static func serverCredentials(
    _ authority: CertificateAuthority, _ name: String
  ) throws -> CertificateAuthority.Credentials {
    try authority.issue(
      name, subject: "/CN=\(name)", names: "IP:127.0.0.1", usage: "serverAuth")
  }

  private func settings(clientAuthority: CertificateAuthority? = nil) -> String {
    let asked = clientAuthority.map { ", client_ca = \"file:\($0.certificate)\"" } ?? ""
    return """
      tls = { certificate = "file:\(server.certificate)", private_key = "file:\(server.key)"\(asked) }
      """
  }

  /// - Returns: what curl printed: the answer and its status.
  private func curl(
    _ deployment: Deployment, as client: CertificateAuthority.Credentials? = nil,
    _ request: [String] = []
  ) async throws -> Command.Result {
    let identity = client.map { ["--cert", $0.certificate, "--key", $0.key] } ?? []
    return try await Command(
      "curl",
      [
        "--silent", "--show-error", "--max-time", "30", "--cacert", authority.certificate,
        "--write-out", " %{http_code}",
      ] + identity + (request.isEmpty ? ["https://\(deployment.address)/none"] : request))()
  }

  @Test("a renewed certificate is taken up while requests go on, and none of them fails")
  func renewal() async throws {
    let deployment = try await Deployment(.init(server: settings()))
    let renewed = try Self.serverCredentials(authority, "renewed")
    let transport = try CurlTransport(
      configuration: .init(caFile: authority.certificate))
    try await withThrowingTaskGroup(of: Void.self) { group in
      // On connections that stay open, and on new ones.
      group.addTask {
        for _ in 0..<200 {
          let answer = try await transport.send(
            OutboundRequest(
              method: "GET", origin: "https://\(deployment.address)", target: "/none",
              headers: [:], body: nil, timeout: .seconds(30)))
          #expect(answer.status == 404)
        }
      }
      for _ in 0..<3 {
        group.addTask {
          for _ in 0..<25 {
            let result = try await curl(deployment)
            #expect(result.output.hasSuffix(" 404"), "\(result.output)")
          }
        }
      }
      for (source, target) in [
        (renewed.key, server.key), (renewed.certificate, server.certificate),
      ] {
        try Data(contentsOf: URL(fileURLWithPath: source)).write(
          to: URL(fileURLWithPath: target), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
      }
      deployment.gateway.signal(SIGHUP)
      _ = try #require(await deployment.gateway.line(containing: "\"reloaded\""))
      try await group.waitForAll()
    }
    await transport.close()
    let shown = try await Command(
      "timeout",
      [
        "20", "openssl", "s_client", "-connect", deployment.address, "-CAfile",
        authority.certificate,
      ]
    )()
    #expect(shown.output.contains("subject=CN = renewed"), "\(shown.output)")
    #expect(await deployment.stop() == 0)
  }

  @Test("a client certificate picks its caller; without one there is no connection")
  func certificates() async throws {
    let callers = """
      [[caller]]
      name = "by-subject"
      certificates = ["CN=coupon-service,O=Shop\\\\, Inc."]
      merchants = ["*"]
      operations = ["uploadCouponCodes"]
      [[caller]]
      name = "by-name"
      certificates = ["uri:spiffe://shop/coupon", "dns:coupon.internal"]
      merchants = ["*"]
      [[caller]]
      name = "by-token"
      token = "env:TOKEN_FOR_TLS_TESTS"
      merchants = ["*"]
      """
    let deployment = try await Deployment(
      .init(
        server: settings(clientAuthority: authority), rest: callers,
        environment: ["TOKEN_FOR_TLS_TESTS": "a-token"]))
    func client(_ name: String, _ subject: String, names: String? = nil) throws
      -> CertificateAuthority.Credentials
    {
      try authority.issue(name, subject: subject, names: names, usage: "clientAuth")
    }
    let stock = ["https://\(deployment.address)/v3/marketing/busifavor/stocks/98065001"]
    let subject = try client("subject", "/O=Shop, Inc./OU=x/CN=coupon-service")
    let bySubject = try await curl(deployment, as: subject, stock)
    // Known, but not for this operation.
    #expect(bySubject.output.hasSuffix(" 403"), "\(bySubject.output)")
    let name = try client("name", "/CN=any", names: "DNS:coupon.internal")
    #expect(try await curl(deployment, as: name, stock).output.hasSuffix(" 200"))
    let other = try client("other", "/O=Shop/CN=coupon-service")
    let unknown = try await curl(deployment, as: other, stock)
    #expect(unknown.output.contains("no caller has the certificate of CN=coupon-service,O=Shop;"))
    #expect(unknown.output.hasSuffix(" 401"))
    let token = ["--header", "Authorization: Bearer a-token"]
    #expect(try await curl(deployment, as: other, token + stock).output.hasSuffix(" 200"))
    #expect(try await curl(deployment, token + stock).output.hasSuffix(" 000"))
    let explain = try ChildProgram(
      "wxpay-gateway",
      [
        "explain", "GET", "/v3/marketing/busifavor/stocks/98065001", "--certificate",
        name.certificate, "--config", deployment.folder.file("gateway.conf"),
      ], environment: ["TOKEN_FOR_TLS_TESTS": "a-token"])
    #expect(await explain.end() == 0)
    #expect(explain.lines.contains("caller           by-name"), "\(explain.lines)")
    #expect(await deployment.stop() == 0)
    #expect(deployment.gateway.lines.contains { $0.contains("\"caller\":\"by-name\"") })
  }

  @Test("check tells what is wrong with the listener's certificate, and with its key")
  func check() async throws {
    let deployment = try await Deployment(.init(server: settings()))
    let other = try Self.serverCredentials(authority, "other")
    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    func check(_ old: String, _ new: String) async throws -> (status: Int32, text: String) {
      let file = try deployment.folder.write(text.replacing(old, with: new), to: "wrong.conf")
      let program = try ChildProgram("wxpay-gateway", ["check", "--config", file])
      return (await program.end(), program.lines.joined(separator: "\n"))
    }
    let mismatch = try await check(server.key, other.key)
    #expect(mismatch.status == 1)
    #expect(mismatch.text.contains("server.tls.private_key: is not the key of the certificate"))
    let swapped = try await check(server.certificate, server.key)
    #expect(swapped.status == 1)
    #expect(swapped.text.contains("server.tls.certificate: is not a list of certificates in PEM"))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: server.key)
    let readable = try await check("[server]", "[server]")
    #expect(readable.status == 1)
    #expect(readable.text.contains("can be read by others (mode 644)"))
    await deployment.stop()
  }
}
