// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
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
    _ options: [String] = []
  ) async throws -> Command.Result {
    let identity = client.map { ["--cert", $0.certificate, "--key", $0.key] } ?? []
    return try await Command(
      "curl",
      [
        "--silent", "--show-error", "--max-time", "30", "--cacert", authority.certificate,
        "--write-out", " %{http_code}", "https://\(deployment.address)/v3/marketing/none",
      ] + identity + options)()
  }

  @Test("a renewed certificate is taken up while requests go on, and none of them fails")
  func renewal() async throws {
    let deployment = try await Deployment(.init(server: settings()))
    let renewed = try Self.serverCredentials(authority, "renewed")
    try await withThrowingTaskGroup(of: Void.self) { group in
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
}
