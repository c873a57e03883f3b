// SPDX-License-Identifier: Apache-2.0

/// An authority whose certificates `openssl` makes, in a folder of their own. Keys are on P-256.
package struct CertificateAuthority: Sendable {
  /// A certificate and its key, as files in PEM.
  package struct Credentials: Sendable {
    package let certificate: String
    package let key: String
  }

  private let folder: TemporaryFolder
  private let name: String
  /// The authority's certificate, as a file in PEM.
  package var certificate: String { own.certificate }
  package var own: Credentials {
    Credentials(certificate: folder.file("\(name).pem"), key: folder.file("\(name).key"))
  }

  package init(_ name: String = "authority", in folder: TemporaryFolder) throws {
    self.folder = folder
    self.name = name
    try Command(
      "openssl",
      [
        "req", "-x509", "-nodes", "-days", "30", "-subj", "/O=Test/CN=\(name)", "-out",
        own.certificate, "-keyout", own.key,
      ] + Self.newKey
    ).succeed()
  }

  /// - Parameters:
  ///   - file: what the files are named after.
  ///   - names: in the form of x509v3_config(5), e.g. `DNS:localhost,IP:127.0.0.1`.
  ///   - usage: `serverAuth` or `clientAuth`.
  ///   - days: negative for one that has expired.
  package func issue(
    _ file: String, subject: String, names: String? = nil, usage: String, days: Int = 30
  ) throws -> Credentials {
    let credentials = Credentials(
      certificate: folder.file("\(file).pem"), key: folder.file("\(file).key"))
    let request = folder.file("\(file).csr")
    try Command(
      "openssl",
      ["req", "-new", "-nodes", "-subj", subject, "-out", request, "-keyout", credentials.key]
        + Self.newKey
    ).succeed()
    let extensions = try folder.write(
      "basicConstraints=CA:FALSE\nextendedKeyUsage=\(usage)\n"
        + (names.map { "subjectAltName=\($0)\n" } ?? ""), to: "\(file).ext")
    try Command(
      "openssl",
      [
        "x509", "-req", "-in", request, "-CA", certificate, "-CAkey", own.key,
        "-days", "\(days)", "-extfile", extensions, "-out", credentials.certificate,
      ]
    ).succeed()
    return credentials
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
}
