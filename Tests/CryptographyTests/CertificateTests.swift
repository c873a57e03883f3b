// SPDX-License-Identifier: Apache-2.0
import Cryptography
import TestSupport
import Testing

@Suite("Certificates")
struct CertificateTests {
  @Test("the merchant certificate of the official SDK is read")
  func officialCertificate() throws {
    let certificate = try Certificate(pem: Array(OfficialSDKVectors.javaCertificate.utf8))
    #expect(certificate.serialNumber == OfficialSDKVectors.javaCertificateSerialNumber)
    #expect(certificate.subjectCommonName == "test")
    #expect(certificate.issuerCommonName == "test")
    #expect(certificate.notBefore == 1_652_147_830)  // 2022-05-10T01:57:10Z
    #expect(certificate.notAfter == 1_746_755_830)  // 2025-05-09T01:57:10Z
    #expect(certificate.publicKey.bits == 2048)
    let key = try RSAPrivateKey(pem: Array(OfficialSDKVectors.signatures[1].key.utf8))
    #expect(certificate.matches(key))
    #expect(!certificate.matches(Keys.first))
    #expect(certificate.isSigned(by: certificate))
  }

  @Test("a platform certificate as the official SDK downloads it is decrypted and read")
  func downloadedCertificate() throws {
    let ciphertext = try #require(Base64.decode(OfficialSDKVectors.encryptedCertificate))
    let pem = try AES256GCM.open(
      ciphertext, key: AES256GCM.Key(Array(OfficialSDKVectors.apiV3Key.utf8)),
      nonce: Array(OfficialSDKVectors.encryptedCertificateNonce.utf8),
      associatedData: Array(OfficialSDKVectors.encryptedCertificateAssociatedData.utf8))
    let certificate = try Certificate(pem: pem)
    #expect(certificate.serialNumber == OfficialSDKVectors.encryptedCertificateSerialNumber)
    #expect(certificate.notBefore == OfficialSDKVectors.encryptedCertificateNotBefore)
    #expect(certificate.notAfter == OfficialSDKVectors.encryptedCertificateNotAfter)
  }

  @Test(
    "serial numbers keep whole bytes, upper case",
    arguments: [
      "01", "0A", "00FF", "7F", "80", "0102030405060708090A0B0C0D0E0F1011121314", "0DDE55AD98",
    ])
  func serialNumbers(given: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Keys.first.pem, to: "key.pem")
    try OpenSSLCommand.run(
      "req", "-x509", "-key", "key.pem", "-subj", "/CN=1900000001", "-days", "1", "-set_serial",
      "0x\(given)",
      "-out", "certificate.pem", in: folder.path)
    // An integer has no zero bytes in front of it.
    let expected = given == "00FF" ? "FF" : given
    #expect(try Certificate(pem: try folder.read("certificate.pem")).serialNumber == expected)
    let issued = try Certificate.selfSigned(
      contents(serialNumber: given), key: Keys.first)
    #expect(issued.serialNumber == expected)
  }

  @Test("certificates made by the openssl command are read, text in front of them too")
  func opensslCertificates() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Keys.first.pem, to: "key.pem")
    try OpenSSLCommand.run(
      "req", "-x509", "-key", "key.pem", "-utf8", "-subj", "/O=微信商户系统/CN=first/CN=微信支付", "-days",
      "30",
      "-out", "plain.pem", in: folder.path)
    try OpenSSLCommand.run("x509", "-in", "plain.pem", "-text", "-out", "text.pem", in: folder.path)
    let plain = try Certificate(pem: try folder.read("plain.pem"))
    let withText = try Certificate(pem: try folder.read("text.pem"))
    #expect(try folder.read("text.pem").count > folder.read("plain.pem").count)
    #expect(plain.serialNumber == withText.serialNumber)
    #expect(plain.subjectCommonName == "微信支付")
    #expect(plain.notAfter - plain.notBefore == 30 * 86_400)
    #expect(plain.matches(Keys.first))
    #expect(try plain.pem == folder.read("plain.pem"))
    let serial = try OpenSSLCommand.run(
      "x509", "-in", "plain.pem", "-noout", "-serial", in: folder.path)
    #expect(serial == "serial=\(plain.serialNumber)\n")
  }

  @Test("validity is exact before 2050 and behind, where X.509 changes its way to write times")
  func validity() throws {
    for time: Int64 in [0, 1_554_208_460, 2_524_607_999, 2_524_608_000, 4_102_444_800] {
      let certificate = try Certificate.selfSigned(
        contents(notBefore: time, notAfter: time + 1), key: Keys.first)
      #expect(certificate.notBefore == time)
      #expect(certificate.notAfter == time + 1)
    }
  }

  @Test("an authority and a certificate it issued satisfy the openssl command")
  func chain() throws {
    let folder = try TemporaryFolder()
    let authority = try Certificate.selfSigned(
      contents(commonName: "Test CA", isAuthority: true), key: Keys.first)
    let leaf = try Certificate.issue(
      contents(
        commonName: "localhost", organization: "Test",
        names: [.dns("localhost"), .ip("127.0.0.1"), .ip("::1")]),
      for: Keys.second.publicKey, by: authority, signingWith: Keys.first)
    #expect(leaf.subjectCommonName == "localhost")
    #expect(leaf.issuerCommonName == "Test CA")
    #expect(leaf.matches(Keys.second) && !leaf.matches(Keys.first))
    #expect(leaf.isSigned(by: authority))
    #expect(!authority.isSigned(by: leaf))
    _ = try folder.write(authority.pem, to: "ca.pem")
    _ = try folder.write(leaf.pem, to: "leaf.pem")
    let verified = try OpenSSLCommand.run(
      "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost", "-CAfile",
      "ca.pem",
      "-attime", "1700000000", "leaf.pem", in: folder.path)
    #expect(verified == "leaf.pem: OK\n")
    let text = try OpenSSLCommand.run("x509", "-in", "leaf.pem", "-noout", "-text", in: folder.path)
    #expect(text.contains("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"))
    #expect(text.contains("O = Test, CN = localhost"))
    #expect(text.contains("sha256WithRSAEncryption"))
  }

  @Test("serial numbers that nobody gave differ and have 20 bytes")
  func randomSerialNumbers() throws {
    let first = try Certificate.selfSigned(contents(), key: Keys.first)
    let second = try Certificate.selfSigned(contents(), key: Keys.first)
    #expect(first.serialNumber != second.serialNumber)
    #expect(first.serialNumber.utf8.count == 40)
  }

  @Test("contents that do not fit X.509 are refused")
  func impossibleContents() throws {
    let impossible = [
      contents(commonName: String(repeating: "x", count: 65)), contents(serialNumber: "xyz"),
      contents(serialNumber: ""), contents(names: [.dns("a,IP:1.2.3.4")]),
      contents(names: [.dns("")]),
      contents(names: [.ip("not an address")]), contents(names: [.ip("300.1.1.1")]),
    ]
    for contents in impossible {
      #expect(
        code { _ = try Certificate.selfSigned(contents, key: Keys.first) } == .malformedCertificate)
    }
    let authority = try Certificate.selfSigned(contents(isAuthority: true), key: Keys.first)
    #expect(
      code {
        _ = try Certificate.issue(
          contents(), for: Keys.second.publicKey, by: authority, signingWith: Keys.second)
      } == .malformedCertificate)
  }

  @Test("what is not an RSA certificate is refused")
  func notCertificates() throws {
    for text in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
      #expect(code { _ = try Certificate(pem: Array(text.utf8)) } == .malformedCertificate)
    }
    #expect(code { _ = try Certificate(pem: Keys.first.pem) } == .malformedCertificate)
    let folder = try TemporaryFolder()
    try OpenSSLCommand.run(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
      "ec.key",
      "-subj", "/CN=ec", "-out", "ec.pem", in: folder.path)
    #expect(code { _ = try Certificate(pem: try folder.read("ec.pem")) } == .notRSA)
  }

  @Test("a certificate without a common name has none")
  func noCommonName() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Keys.first.pem, to: "key.pem")
    try OpenSSLCommand.run(
      "req", "-x509", "-key", "key.pem", "-subj", "/O=nobody", "-out", "plain.pem", in: folder.path)
    #expect(try Certificate(pem: try folder.read("plain.pem")).subjectCommonName == nil)
  }

  @Test("damaged certificates are refused or read, never more")
  func damaged() throws {
    let pem = try Certificate.selfSigned(contents(), key: Keys.first).pem
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      var damaged = pem
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      do {
        let certificate = try Certificate(pem: damaged)
        #expect(!certificate.serialNumber.isEmpty, "seed \(seed)")
      } catch {
        #expect(!error.detail.isEmpty, "seed \(seed)")
      }
    }
  }

  private func contents(
    commonName: String = "1900000001", organization: String? = nil,
    names: [CertificateContents.AlternativeName] = [], notBefore: Int64 = 1_600_000_000,
    notAfter: Int64 = 2_000_000_000, serialNumber: String? = nil, isAuthority: Bool = false
  ) -> CertificateContents {
    CertificateContents(
      commonName: commonName, organization: organization, alternativeNames: names,
      notBefore: notBefore,
      notAfter: notAfter, serialNumber: serialNumber, isAuthority: isAuthority)
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
