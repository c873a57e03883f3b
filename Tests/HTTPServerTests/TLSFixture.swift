// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import TestSupport

@testable import HTTPServer

/// Certificates of one test, and clients that are not ours to use them with.
struct TLSFixture {
  let folder: TemporaryFolder
  let authority: CertificateAuthority
  let server: CertificateAuthority.Credentials

  init() throws {
    folder = try TemporaryFolder()
    authority = try CertificateAuthority(in: folder)
    server = try authority.issue(
      "server", subject: "/CN=localhost", names: "DNS:localhost,IP:127.0.0.1", usage: "serverAuth")
  }

  func credentials(
    _ server: CertificateAuthority.Credentials? = nil, asksForCertificates: Bool = false
  ) throws -> TLSCredentials {
    let server = server ?? self.server
    return try TLSCredentials(
      certificateChain: Self.read(server.certificate), privateKey: Self.read(server.key),
      clientAuthorities: asksForCertificates ? Self.read(authority.certificate) : nil)
  }

  static func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  func client(_ subject: String, names: String? = nil) throws -> CertificateAuthority.Credentials {
    try authority.issue("client", subject: subject, names: names, usage: "clientAuth")
  }

  /// Calls `curl`, which prints the answer's body and then its status on a line of its own.
  func curl(
    _ server: HTTPServer, _ path: String = "/", as client: CertificateAuthority.Credentials? = nil,
    options: [String] = []
  ) async throws -> Command.Result {
    let port = server.boundAddress.port ?? 0
    var arguments = [
      "--silent", "--show-error", "--max-time", "20", "--cacert", authority.certificate,
      "--write-out", "\n%{http_code}", "https://localhost:\(port)\(path)",
      "--connect-to", "localhost:\(port):127.0.0.1:\(port)",
    ]
    if let client { arguments += ["--cert", client.certificate, "--key", client.key] }
    return try await Command("curl", arguments + options)()
  }

  /// Calls `openssl s_client`, which sends `input` once the handshake is done.
  func openssl(
    _ server: HTTPServer, _ options: [String] = [], input: String = ""
  ) async throws -> Command.Result {
    try await Command(
      "timeout",
      [
        "20", "openssl", "s_client", "-connect", "127.0.0.1:\(server.boundAddress.port ?? 0)",
        "-CAfile", authority.certificate, "-verify_return_error",
      ] + options)(input: input)
  }
}
