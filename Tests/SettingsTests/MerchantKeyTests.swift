// SPDX-License-Identifier: Apache-2.0
internal import TestSupport
import Testing

@testable internal import Settings

@Suite("Where a merchant's key is kept")
struct MerchantKeyTests {
  private static let pem = "certificate = \"file:cert.pem\"\nprivate_key = \"file:key.pem\"\n"
  private static let token =
    "certificate = \"file:cert.pem\"\nprivate_key = \"pkcs11:token=wxpay;object=k\"\n"

  private static func text(_ key: String, rest: String = "[pkcs11]\nmodule = \"m.so\"\n") -> String
  {
    Fixture.api + rest + "[[merchant]]\nid = \"1900000001\"\napi_v3_key = \"file:v3\"\n" + key
  }

  private static func reference(
    _ fixture: Fixture, _ name: String, _ kind: SecretReference.Kind
  ) -> SecretReference {
    SecretReference(.file(path: fixture.folder.file(name)), kind: kind)
  }

  @Test("two PEM files, one PKCS #12 file, or a token, each with what opens it")
  func places() throws {
    let fixture = try Fixture()
    let certificate = Self.reference(fixture, "cert.pem", .document)
    let passphrase = Self.reference(fixture, "v3", .passphrase)
    let opens = "private_key_passphrase = \"file:v3\"\n"
    let privateKey = Self.reference(fixture, "key.pem", .privateKey)
    for (written, expected) in [
      (
        Self.pem,
        MerchantKeySettings.pem(certificate: certificate, privateKey: privateKey, passphrase: nil)
      ),
      (
        Self.pem + opens,
        .pem(certificate: certificate, privateKey: privateKey, passphrase: passphrase)
      ),
      ("pkcs12 = \"file:key.pem\"\n", .pkcs12(privateKey, password: nil)),
      (
        "pkcs12 = \"file:key.pem\"\npkcs12_password = \"file:v3\"\n",
        .pkcs12(privateKey, password: passphrase)
      ),
      (
        Self.token + opens,
        .token(certificate: certificate, key: "pkcs11:token=wxpay;object=k", pin: passphrase)
      ),
    ] {
      let reading = fixture.read(Self.text(written))
      #expect(reading.mistakes.isEmpty)
      #expect(reading.settings?.merchants.first?.key == expected)
    }
  }

  @Test(
    "a key without a place, or with two, is refused with what to write",
    arguments: [
      ("", ["certificate: is missing", "private_key: is missing"]),
      ("private_key = \"file:key.pem\"\n", ["certificate: is missing"]),
      (
        pem + "pkcs12 = \"file:key.pem\"\n",
        ["certificate: stands beside pkcs12", "private_key: stands beside pkcs12"]
      ),
      (pem + "pkcs12_password = \"file:v3\"\n", ["pkcs12_password: stands without a pkcs12"]),
      (
        "pkcs12 = \"file:key.pem\"\nprivate_key_passphrase = \"file:v3\"\n",
        ["private_key_passphrase: stands beside pkcs12"]
      ),
    ])
  func contradictions(written: String, expected: [String]) throws {
    let fixture = try Fixture()
    let mistakes = fixture.read(Self.text(written)).mistakes
    #expect(mistakes.count == expected.count)
    for text in expected {
      #expect(mistakes.contains { "\($0)".contains("merchant[0].\(text); ") && !$0.remedy.isEmpty })
    }
  }

  @Test("a PIN in the URI of a token is refused and not repeated")
  func pinInURI() throws {
    let fixture = try Fixture()
    for attribute in ["pin-value=4711-secret", "pin-source=file:/4711-secret"] {
      let mistakes = fixture.read(
        Self.text(Self.token.replacing("object=k", with: "object=k?\(attribute)"))
      ).mistakes
      #expect(mistakes.map(\.keyPath) == ["merchant[0].private_key"])
      #expect(mistakes.allSatisfy { $0.remedy.contains("private_key_passphrase") })
      #expect(!mistakes.description.contains("4711"))
    }
  }

  @Test("a key in a token needs the library that leads to it")
  func module() throws {
    let mistakes = try Fixture().read(Self.text(Self.token, rest: "")).mistakes
    #expect(mistakes.map(\.keyPath) == ["merchant[0].private_key"])
    #expect(mistakes.allSatisfy { $0.remedy.contains("[pkcs11]") })
  }
}
