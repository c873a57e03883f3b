// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A CA and one server certificate for 127.0.0.1 and `localhost`, made with the `openssl` command.
package final class CertificateFolder: Sendable {
  /// What is wrong with a server's certificate.
  package enum Kind: String, Sendable {
    case good
    case expired
    case otherName
    case otherAuthority
  }

  private let folder: TemporaryFolder

  package var path: String { folder.path }
  package var caFile: String { folder.file("ca.pem") }

  package var certificate: String { folder.file("server.pem") }
  package var key: String { folder.file("server.key") }

  package init(_ kind: Kind = .good) throws {
    folder = try TemporaryFolder()
    try makeAuthority("ca")
    if kind == .otherAuthority { try makeAuthority("other-ca") }
    try makeServer(kind)
  }

  private func makeAuthority(_ name: String) throws {
    try run([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "2",
      "-subj", "/CN=\(name)", "-keyout", folder.file("\(name).key"), "-out",
      folder.file("\(name).pem"),
    ])
  }

  private func makeServer(_ kind: Kind) throws {
    let names =
      kind == .otherName ? "DNS:elsewhere.example" : "DNS:localhost,IP:127.0.0.1"
    let request = folder.file("server.csr")
    let extensions = try folder.write("subjectAltName=\(names)\n", to: "server.cnf")
    let authority = kind == .otherAuthority ? "other-ca" : "ca"
    try run([
      "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=\(kind.rawValue)", "-keyout", key, "-out", request,
    ])
    try run([
      "x509", "-req", "-in", request, "-CA", folder.file("\(authority).pem"), "-CAkey",
      folder.file("\(authority).key"), "-CAcreateserial", "-extfile", extensions, "-days",
      kind == .expired ? "-1" : "2", "-out", certificate,
    ])
  }

  private func run(_ arguments: [String]) throws {
    try runToEnd("openssl", arguments)
  }
}
