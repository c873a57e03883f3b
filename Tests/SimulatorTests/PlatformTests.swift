// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import HTTP
internal import JSON
internal import TestSupport
internal import Testing

@testable internal import Simulator

@Suite struct PlatformTests {
  /// Opens the list as a client does, and checks that the answer is signed by one of the
  /// certificates in it.
  private func open(_ answer: TestAnswer) throws -> [Certificate] {
    var certificates: [Certificate] = []
    for entry in answer.json["data"]?.arrayValue ?? [] {
      let sealed = try #require(entry["encrypt_certificate"])
      #expect(sealed["algorithm"] == "AEAD_AES_256_GCM")
      let nonce = try #require(sealed["nonce"]?.stringValue)
      let associated = try #require(sealed["associated_data"]?.stringValue)
      let ciphertext = try #require(sealed["ciphertext"]?.stringValue.flatMap { Base64.decode($0) })
      let pem = try AES256GCM.open(
        ciphertext, key: .init(Fixture.apiKey), nonce: Array(nonce.utf8),
        associatedData: Array(associated.utf8))
      let certificate = try Certificate(pem: pem)
      #expect(entry["serial_no"] == .string(certificate.serialNumber))
      #expect(
        entry["expire_time"] == .string(Moment(secondsSince1970: certificate.notAfter).beijingTime))
      certificates.append(certificate)
    }
    return certificates
  }

  @Test("certificates are encrypted with the merchant's APIv3 key and signed with one of them")
  func certificates() async throws {
    let fixture = try Fixture(mode: .publicKey)
    let answer = try await fixture.answer("GET", "/v3/certificates")
    #expect(answer.status == 200)
    let list = try open(answer)
    #expect(list.map(\.serialNumber) == [fixture.keys.identity.certificate.serialNumber])
    #expect(answer.response.headers["Wechatpay-Serial"] == list.first?.serialNumber)
    #expect(fixture.verifies(answer))
  }

  @Test("a merchant without platform certificates is sent to the public key")
  func publicKeyOnly() async throws {
    let fixture = try Fixture(hasCertificates: false)
    let answer = try await fixture.answer("GET", "/v3/certificates")
    #expect(answer.status == 404)
    #expect(answer.code == "RESOURCE_NOT_EXISTS")
    #expect(answer.response.headers["Wechatpay-Serial"] == "PUB_KEY_ID_0119000000012024")
    #expect(fixture.verifies(answer))
  }

  @Test("the request's Wechatpay-Serial chooses who signs, where the platform lets it")
  func requested() async throws {
    let publicKey = "PUB_KEY_ID_0119000000012024"
    let certificate = try TestKeys.shared.get().identity.certificate.serialNumber
    for (mode, named, expected) in [
      (Platform.SigningMode.requested, publicKey, publicKey),
      (.requested, certificate, certificate),
      (.certificate, publicKey, certificate), (.publicKey, certificate, publicKey),
    ] {
      let fixture = try Fixture(mode: mode)
      let answer = try await fixture.answer(
        "GET", Fixture.uploadPath, headers: ["Wechatpay-Serial": named])
      #expect(answer.response.headers["Wechatpay-Serial"] == expected, "\(mode) \(named)")
      #expect(fixture.verifies(answer))
    }
  }

  @Test("during a migration certificate and public key sign in turn")
  func alternating() async throws {
    let fixture = try Fixture(mode: .alternating)
    var serials: Set<String> = []
    for _ in 0..<4 {
      let answer = try await fixture.answer("GET", Fixture.uploadPath)
      #expect(fixture.verifies(answer))
      serials.insert(answer.response.headers["Wechatpay-Serial"] ?? "")
    }
    #expect(serials.count == 2)
  }

  @Test("a second certificate appears first, signs when it is told to, and the first one retires")
  func rotation() async throws {
    let fixture = try Fixture()
    let platform = fixture.standIn.platform
    let old = fixture.keys.identity.certificate.serialNumber
    let new = try Platform.makeIdentity(now: Fixture.start)
    platform.add(new)
    let both = try await fixture.answer("GET", "/v3/certificates")
    #expect(try open(both).map(\.serialNumber) == [old, new.certificate.serialNumber])
    #expect(both.response.headers["Wechatpay-Serial"] == old)
    #expect(!platform.retire(old))
    #expect(!platform.sign(with: "4444"))
    #expect(platform.sign(with: new.certificate.serialNumber))
    let after = try await fixture.answer(
      "GET", Fixture.uploadPath, headers: ["Wechatpay-Serial": old])
    #expect(after.status == 200)
    #expect(after.response.headers["Wechatpay-Serial"] == new.certificate.serialNumber)
    #expect(fixture.verifies(after))
    #expect(platform.retire(old))
    let refused = try await fixture.answer(
      "GET", Fixture.uploadPath, headers: ["Wechatpay-Serial": old])
    #expect(refused.code == "PARAM_ERROR")
  }

  @Test("keys in a folder outlive a restart, private ones for the owner only")
  func folder() throws {
    let folder = try TemporaryFolder()
    var settings = SimulatorConfiguration.PlatformSettings()
    settings.folder = folder.file("platform")
    settings.publicKeyID = "PUB_KEY_ID_1"
    let first = try Platform(settings, now: Fixture.start)
    let second = try Platform(settings, now: Fixture.start)
    #expect(first.signingSerial == second.signingSerial)
    #expect(
      try first.publicKeySigner?.key.publicKey.pem == second.publicKeySigner?.key.publicKey.pem)
    let serial = try #require(first.signingSerial)
    let certificate = try Certificate(pem: folder.read("platform/wechatpay_\(serial).pem"))
    #expect(certificate.serialNumber == serial)
    let publicKey = try RSAPublicKey(pem: folder.read("platform/pub_key.pem"))
    #expect(publicKey == first.publicKeySigner?.key.publicKey)
  }
}
