// SPDX-License-Identifier: Apache-2.0
import Cryptography
import TestSupport
import Testing

@Suite("PKCS #12 files")
struct PKCS12Tests {
  /// A folder with `key.pem` and `cert.pem` of the first test key.
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    _ = try folder.write(Keys.first.pem, to: "key.pem")
    try OpenSSLCommand.run(
      "req", "-x509", "-new", "-key", "key.pem", "-subj", "/CN=1900000001", "-days", "30", "-out",
      "cert.pem", in: folder.path)
    return folder
  }

  private static func open(_ folder: TemporaryFolder, _ password: String = "1900000001") throws
    -> PKCS12
  {
    try PKCS12(der: SecretBytes(try folder.read("file.p12")), password: SecretBytes(password))
  }

  @Test(
    "the certificate and the key come out, however it is encrypted",
    arguments: [
      [], ["-legacy"], ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"],
      ["-keypbe", "NONE", "-certpbe", "NONE"],
    ])
  func forms(options: [String]) throws {
    let folder = try Self.folder()
    try OpenSSLCommand.run(
      ["pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout", "pass:1900000001"]
        + ["-out", "file.p12"] + options, in: folder.path)
    let file = try Self.open(folder)
    #expect(file.privateKey.publicKey == Keys.first.publicKey)
    #expect(file.certificate.matches(file.privateKey))
    #expect(file.certificate.subjectCommonName == "1900000001")
    #expect(code { _ = try Self.open(folder, "another") } == .wrongPassphrase)
    #expect(code { _ = try Self.open(folder, "") } == .wrongPassphrase)
  }

  @Test("a file without a key, without a certificate, or of another kind is refused")
  func incomplete() throws {
    let folder = try Self.folder()
    for parts in [["-inkey", "key.pem", "-nocerts"], ["-in", "cert.pem", "-nokeys"]] {
      try OpenSSLCommand.run(
        ["pkcs12", "-export", "-passout", "pass:1900000001", "-out", "file.p12"] + parts,
        in: folder.path)
      #expect(code { _ = try Self.open(folder) } == .malformedPKCS12)
    }
    for bytes in [try folder.read("key.pem"), [], [0x30, 0x80]] {
      _ = try folder.write(bytes, to: "file.p12")
      #expect(code { _ = try Self.open(folder) } == .malformedPKCS12)
    }
  }

  @Test("keys that WeChat Pay does not take are refused in it too")
  func unsuitable() throws {
    let folder = try TemporaryFolder()
    for (options, expected) in [
      (["-newkey", "rsa:1024"], CryptographyError.Code.keyTooShort),
      (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], .notRSA),
    ] {
      try OpenSSLCommand.run(
        ["req", "-x509", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=1"]
          + options, in: folder.path)
      try OpenSSLCommand.run(
        "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout", "pass:1900000001",
        "-out", "file.p12", in: folder.path)
      #expect(code { _ = try Self.open(folder) } == expected)
    }
  }
}
