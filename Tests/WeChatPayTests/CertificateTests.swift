// SPDX-License-Identifier: Apache-2.0
import Cryptography
import GatewayCore
import HTTP
import JSON
import TestSupport
import Testing

@testable import WeChatPay

@Suite("Certificate download", .timeLimit(.minutes(2)))
struct CertificateDownloadTests {
  let time = ManualTime(unixSeconds: Fixture.now)

  func run(
    _ ends: [ScriptedTransport.End], apiV3Key: AES256GCM.Key? = nil,
    origins: [String] = ["https://a"]
  ) async throws -> (Result<[PlatformCertificate], CertificateFailure>, ScriptedTransport) {
    let transport = ScriptedTransport(ends)
    let download = CertificateDownload(
      credentials: try Fixture.credentials(), apiV3Key: try apiV3Key ?? Fixture.apiV3Key(),
      transport: SignedTransport(transport: transport, time: time.source),
      hosts: Hosts(origins, time: time.source), timeout: .seconds(8),
      verifier: AnswerVerifier(time: time.source))
    return (await download.run(), transport)
  }

  /// The end of a download whose answer is signed by `platform`.
  func failure(
    _ entries: [JSONValue], signedBy platform: Platform? = nil, apiV3Key: AES256GCM.Key? = nil
  ) async throws -> CertificateFailure? {
    let platform = try platform ?? Fixture.platform()
    let answer = try platform.answer(200, certificateList(entries), serial: platform.serial)
    guard case .failure(let failure) = try await run([.answer(answer)], apiV3Key: apiV3Key).0 else {
      return nil
    }
    return failure
  }

  @Test("certificates are decrypted, and trusted when one of them signed the answer")
  func download() async throws {
    let key = try Fixture.apiV3Key()
    let (platform, other) = (try Fixture.platform(), try Fixture.otherPlatform())
    let answer = try platform.answer(
      200, certificateList([platform.entry(apiV3Key: key), other.entry(apiV3Key: key)]),
      serial: platform.serial)
    let (result, transport) = try await run([.answer(answer)])
    #expect(try result.get().map(\.serialNumber) == [platform.serial, other.serial])
    let request = try #require(transport.sent.first)
    #expect(request.method == "GET" && request.target == "/v3/certificates" && request.body == nil)
    #expect(
      try Authorization(request.headers["Authorization"]).isRight(
        for: "GET", "/v3/certificates", []))
  }

  @Test("another merchant's APIv3 key does not open them, and the failure says what to look at")
  func wrongKey() async throws {
    let entry = try Fixture.platform().entry(apiV3Key: Fixture.apiV3Key())
    let failure = try await failure(
      [entry], apiV3Key: Fixture.apiV3Key("00000000000000000000000000000000"))
    #expect(failure?.code == .undecryptable)
    #expect(failure?.detail.contains("api_v3_key") == true)
    #expect(failure?.detail.contains("0000000000") == false)
  }

  @Test("an answer that none of its own certificates signed is not trusted")
  func signedByAnother() async throws {
    let entry = try Fixture.platform().entry(apiV3Key: Fixture.apiV3Key())
    #expect(try await failure([entry], signedBy: Fixture.otherPlatform())?.code == .unverified)
  }

  @Test("an answer in the name of one certificate, signed by another key, is not trusted")
  func signedInAnothersName() async throws {
    let (platform, other) = (try Fixture.platform(), try Fixture.otherPlatform())
    let body = certificateList([try platform.entry(apiV3Key: Fixture.apiV3Key())])
    let answer = try other.answer(200, body, serial: platform.serial)
    guard case .failure(let failure) = try await run([.answer(answer)]).0 else {
      Issue.record("was trusted")
      return
    }
    #expect(failure.code == .unverified)
  }

  @Test("an unsigned answer is not trusted")
  func unsigned() async throws {
    let body = certificateList([try Fixture.platform().entry(apiV3Key: Fixture.apiV3Key())])
    guard case .failure(let failure) = try await run([.answer(.unsigned(200, body))]).0 else {
      Issue.record("was trusted")
      return
    }
    #expect(failure.code == .unverified)
  }

  @Test("a certificate listed under another serial number is refused")
  func serialMismatch() async throws {
    let entry = try Fixture.platform().entry(
      apiV3Key: Fixture.apiV3Key(), listedAs: Fixture.otherPlatform().serial.text)
    #expect(try await failure([entry])?.code == .malformed)
  }

  @Test(
    "what is not a list of certificates is malformed",
    arguments: [
      "", "{", "[]", "{}", #"{"data":[]}"#, #"{"data":{}}"#, #"{"data":[1]}"#, #"{"data":[{}]}"#,
      #"{"data":[{"serial_no":"1","encrypt_certificate":{"algorithm":"AEAD_AES_256_GCM","nonce":"4de73afd28b6","ciphertext":"?"}}]}"#,
      #"{"data":[{"serial_no":"1","encrypt_certificate":{"algorithm":"ROT13","nonce":"4de73afd28b6","ciphertext":"AAAA"}}]}"#,
    ])
  func malformed(_ body: String) async throws {
    let answer = try Fixture.platform().answer(200, body, serial: Fixture.platform().serial)
    guard case .failure(let failure) = try await run([.answer(answer)]).0 else {
      Issue.record("was accepted")
      return
    }
    #expect(failure.code == .malformed)
  }

  @Test("a nonce of another length is not opened")
  func nonceLength() async throws {
    let body =
      #"{"data":[{"serial_no":"1","encrypt_certificate":{"algorithm":"AEAD_AES_256_GCM","nonce":"4de7","ciphertext":"AAAA"}}]}"#
    let answer = try Fixture.platform().answer(200, body, serial: Fixture.platform().serial)
    guard case .failure(let failure) = try await run([.answer(answer)]).0 else {
      Issue.record("was accepted")
      return
    }
    #expect(failure.code == .undecryptable)
  }

  @Test(
    "a refusal says whether it is about the signature",
    arguments: [
      (401, CertificateFailure.Code.signError), (403, .refused), (404, .refused), (500, .refused),
    ])
  func refused(_ status: Int, _ code: CertificateFailure.Code) async throws {
    let (result, _) = try await run([.answer(.unsigned(status, #"{"code":"X"}"#))])
    guard case .failure(let failure) = result else {
      Issue.record("was accepted")
      return
    }
    #expect(failure.code == code)
  }

  @Test("the backup host is asked when the first does not answer")
  func backup() async throws {
    let platform = try Fixture.platform()
    let answer = try platform.answer(
      200, certificateList([platform.entry(apiV3Key: Fixture.apiV3Key())]), serial: platform.serial)
    let (result, transport) = try await run(
      [.unreachable, .answer(answer)], origins: ["https://a", "https://b"])
    #expect(try result.get().count == 1)
    #expect(transport.sent.map(\.origin) == ["https://a", "https://b"])
    let (lost, asked) = try await run([.timeout], origins: ["https://a", "https://b"])
    guard case .failure(let failure) = lost else {
      Issue.record("was accepted")
      return
    }
    #expect(failure.code == .unreachable && asked.sent.count == 2)
  }
}

@Suite("Platform certificates", .timeLimit(.minutes(2)))
struct PlatformCertificatesTests {
  let time = ManualTime(unixSeconds: Fixture.now)

  typealias Downloads = Script<Result<[PlatformCertificate], CertificateFailure>>

  func certificates(
    _ downloads: Downloads, known: [PlatformCertificate] = []
  ) -> PlatformCertificates {
    PlatformCertificates(known: known, time: time.source) { await downloads.next() }
  }

  static let unreachable = CertificateFailure(.unreachable, "connect: refused")

  @Test("many that need a certificate share one download")
  func singleFlight() async throws {
    let listed = try Fixture.listed(Fixture.platform())
    let downloads = Downloads([.success([listed])])
    let certificates = certificates(downloads)
    #expect(certificates.isEmpty)
    downloads.hold()
    await withTaskGroup(of: SerialNumber?.self) { group in
      for _ in 0..<50 { group.addTask { try? await certificates.newest().get() } }
      while downloads.count < 1 { await Task.yield() }
      downloads.letGo()
      for await serial in group { #expect(serial == listed.serialNumber) }
    }
    #expect(downloads.count == 1)
    #expect(!certificates.isEmpty && certificates.lastFailure == nil)
  }

  @Test("the newest certificate that is valid is preferred")
  func newest() async throws {
    let (platform, other) = (try Fixture.platform(), try Fixture.otherPlatform())
    let future = try Platform(
      serial: "7FFF", notBefore: Fixture.now + 10, notAfter: Fixture.now + 1000, key: platform.key)
    let downloads = Downloads([.success([])])
    let certificates = certificates(
      downloads, known: try [platform, future, other].map(Fixture.listed))
    #expect(try await certificates.newest().get() == other.serial)
    time.advance(by: .seconds(11))
    #expect(try await certificates.newest().get() == future.serial)
    #expect(certificates.all.map(\.serialNumber) == [future.serial, other.serial, platform.serial])
    #expect(downloads.count == 0)
  }

  @Test("on a clock that is a little behind, a certificate that has just begun is good")
  func justBegun() async throws {
    let platform = try Fixture.platform()
    let new = try Platform(
      serial: "5FFF", notBefore: Fixture.now + 299, notAfter: Fixture.now + 1000, key: platform.key)
    let downloads = Downloads([.success([try Fixture.listed(new)])])
    let certificates = certificates(downloads, known: [])
    #expect(try await certificates.newest().get() == new.serial)
    #expect(certificates.lastFailure == nil)
  }

  @Test("an expired certificate verifies nothing, and a new one is downloaded")
  func expired() async throws {
    let platform = try Fixture.platform()
    let short = try Platform(
      serial: "6FFF", notBefore: Fixture.now - 10, notAfter: Fixture.now + 10, key: platform.key)
    let listed = try Fixture.listed(platform)
    let downloads = Downloads([.success([listed])])
    let certificates = certificates(downloads, known: [try Fixture.listed(short)])
    #expect(await certificates.key(for: short.serial) != nil)
    time.advance(by: .seconds(11))
    #expect(try await certificates.newest().get() == platform.serial)
    #expect(downloads.count == 1)
    #expect(await certificates.key(for: short.serial) == nil)
    #expect(
      certificates.all.map(\.serialNumber) == [platform.serial], "the expired one is forgotten")
  }

  @Test("an unknown serial number is downloaded once, and found")
  func unknownSerial() async throws {
    let (platform, other) = (try Fixture.platform(), try Fixture.otherPlatform())
    let both = try [platform, other].map(Fixture.listed)
    let downloads = Downloads([.success(both)])
    let certificates = certificates(downloads, known: [both[0]])
    #expect(await certificates.key(for: other.serial) != nil)
    #expect(await certificates.key(for: other.serial) != nil)
    #expect(downloads.count == 1)
  }

  @Test("a serial number that a download does not bring is not looked for again for a while")
  func negativeCache() async throws {
    let listed = try Fixture.listed(Fixture.platform())
    let downloads = Downloads([.success([listed])])
    let certificates = certificates(downloads, known: [listed])
    for _ in 0..<5 { #expect(await certificates.key(for: SerialNumber("AA")) == nil) }
    #expect(downloads.count == 1)
    time.advance(by: .seconds(11))
    #expect(await certificates.key(for: SerialNumber("AA")) == nil)
    #expect(downloads.count == 2)
  }

  @Test("made-up serial numbers are no stream of downloads, taking turns or all different")
  func madeUpSerials() async throws {
    let listed = try Fixture.listed(Fixture.platform())
    let downloads = Downloads([.success([listed])])
    let certificates = certificates(downloads, known: [listed])
    for number in 0..<20 {
      #expect(await certificates.key(for: SerialNumber("A\(number % 2)")) == nil)
    }
    #expect(downloads.count == 2)
    for number in 0..<1000 {
      #expect(await certificates.key(for: SerialNumber("B\(number)")) == nil)
    }
    #expect(downloads.count <= 10)
    #expect(await certificates.key(for: listed.serialNumber) != nil)
  }

  @Test("a failed download keeps what is there, and is told until one succeeds")
  func failure() async throws {
    let listed = try Fixture.listed(Fixture.platform())
    let downloads = Downloads([.failure(Self.unreachable), .success([listed])])
    let certificates = certificates(downloads, known: [listed])
    await #expect(throws: Self.unreachable) { try await certificates.refresh() }
    #expect(certificates.lastFailure == Self.unreachable)
    #expect(await certificates.key(for: listed.serialNumber) != nil)
    try await certificates.refresh()
    #expect(certificates.lastFailure == nil)
  }

  @Test("while downloads fail, requests share the failure and ask again after a second")
  func nothingYet() async throws {
    let listed = try Fixture.listed(Fixture.platform())
    let downloads = Downloads([.failure(Self.unreachable), .success([listed])])
    let certificates = certificates(downloads)
    for _ in 0..<20 {
      await #expect(throws: Self.unreachable) { try await certificates.newest().get() }
    }
    #expect(downloads.count == 1)
    time.advance(by: .seconds(1))
    #expect(try await certificates.newest().get() == listed.serialNumber)
    #expect(downloads.count == 2)
  }

  @Test("a failed refresh in the background does not hold up one that is asked for")
  func refreshAgain() async throws {
    let listed = try Fixture.listed(Fixture.platform())
    let downloads = Downloads([.failure(Self.unreachable), .success([listed])])
    let certificates = certificates(downloads)
    await #expect(throws: Self.unreachable) { try await certificates.refresh() }
    try await certificates.refresh()
    #expect(try await certificates.newest().get() == listed.serialNumber)
  }

  @Test("a serial that a failed download could not bring is looked for again a second later")
  func failedLook() async throws {
    let old = try Fixture.listed(Fixture.platform())
    let new = try Fixture.listed(Fixture.otherPlatform())
    let downloads = Downloads([.failure(Self.unreachable), .success([new])])
    let certificates = certificates(downloads, known: [old])
    #expect(await certificates.key(for: new.serialNumber) == nil)
    #expect(await certificates.key(for: new.serialNumber) == nil)
    #expect(downloads.count == 1)
    time.advance(by: .seconds(1))
    #expect(await certificates.key(for: new.serialNumber) != nil)
  }

  @Test("a certificate that WeChat Pay no longer lists is no longer trusted")
  func withdrawn() async throws {
    let old = try Fixture.listed(Fixture.platform())
    let new = try Fixture.listed(Fixture.otherPlatform())
    let certificates = certificates(Downloads([.success([new])]), known: [old])
    try await certificates.refresh()
    #expect(await certificates.key(for: old.serialNumber) == nil)
  }
}
