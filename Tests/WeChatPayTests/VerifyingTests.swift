// SPDX-License-Identifier: Apache-2.0
import Clocks
import Cryptography
import GatewayCore
import HTTP
import TestSupport
import Testing

@testable import WeChatPay

@Suite("Verifying")
struct VerifyingTests {
  let verifier = AnswerVerifier(time: ManualTime(unixSeconds: Fixture.now).source)

  func verify(_ answer: InboundAnswer) async throws -> VerifiedAnswer {
    let key = try Fixture.platform().key.publicKey
    return try await verifier.verify(answer) { $0 == Fixture.publicKeyID ? key : nil }
  }

  @Test(
    "an answer that is signed right is verified, with a body, without one, and when it is an error",
    arguments: [(200, #"{"a":1}"#), (204, ""), (400, #"{"code":"PARAM_ERROR"}"#)])
  func right(_ status: Int, _ body: String) async throws {
    let verified = try await verify(Fixture.platform().answer(status, body))
    #expect(verified.status == status && verified.body == Array(body.utf8))
    #expect(verified.requestID == "08F78BB3AF06")
  }

  @Test("header names count in any case")
  func headerCase() async throws {
    let answer = try Fixture.platform().answer(200, "{}")
    var lowercased = answer
    lowercased.headers = Headers()
    for field in answer.headers.fields {
      lowercased.headers.append(field.name.lowercased(), field.value)
    }
    _ = try await verify(lowercased)
  }

  @Test("the signature type may be missing")
  func withoutType() async throws {
    var answer = try Fixture.platform().answer(200, "{}")
    answer.headers["Wechatpay-Signature-Type"] = nil
    _ = try await verify(answer)
  }

  @Test(
    "the clocks may differ by less than 300 seconds",
    arguments: [
      (299, true), (300, false), (-299, true), (-300, false), (0, true), (1_000_000, false),
    ])
  func clock(_ seconds: Int64, _ isVerified: Bool) async throws {
    let answer = try Fixture.platform().answer(200, "{}", time: Fixture.now + seconds)
    guard !isVerified else {
      _ = try await verify(answer)
      return
    }
    await #expect(throws: VerificationFailure(reason: .stale)) { try await verify(answer) }
  }

  /// One thing done to a right answer, and why it fails then.
  struct Damage: Sendable, CustomTestStringConvertible {
    var name: String
    var reason: VerificationFailure.Reason
    var change: @Sendable (inout InboundAnswer) -> Void

    var testDescription: String { name }
  }

  static func header(_ name: String, _ value: String?) -> @Sendable (inout InboundAnswer) -> Void {
    { $0.headers[name] = value }
  }

  static func twice(_ name: String) -> @Sendable (inout InboundAnswer) -> Void {
    { $0.headers.append(name, $0.headers[name] ?? "") }
  }

  static let damages = [
    Damage(name: "no signature", reason: .unsigned, change: header("Wechatpay-Signature", nil)),
    Damage(
      name: "an empty signature", reason: .incomplete, change: header("Wechatpay-Signature", "")),
    Damage(name: "no timestamp", reason: .incomplete, change: header("Wechatpay-Timestamp", nil)),
    Damage(name: "no nonce", reason: .incomplete, change: header("Wechatpay-Nonce", nil)),
    Damage(name: "no serial", reason: .incomplete, change: header("Wechatpay-Serial", nil)),
    Damage(name: "an empty nonce", reason: .incomplete, change: header("Wechatpay-Nonce", "")),
    Damage(name: "two signatures", reason: .incomplete, change: twice("Wechatpay-Signature")),
    Damage(name: "two timestamps", reason: .incomplete, change: twice("Wechatpay-Timestamp")),
    Damage(name: "two nonces", reason: .incomplete, change: twice("Wechatpay-Nonce")),
    Damage(name: "two serials", reason: .incomplete, change: twice("Wechatpay-Serial")),
    Damage(
      name: "a timestamp in words", reason: .stale, change: header("Wechatpay-Timestamp", "today")),
    Damage(
      name: "a timestamp with a fraction", reason: .stale,
      change: header("Wechatpay-Timestamp", "\(Fixture.now).5")),
    Damage(
      name: "a timestamp in milliseconds", reason: .stale,
      change: header("Wechatpay-Timestamp", "\(Fixture.now)000")),
    Damage(
      name: "the smallest timestamp", reason: .stale,
      change: header("Wechatpay-Timestamp", "\(Int64.min)")),
    Damage(
      name: "the largest timestamp", reason: .stale,
      change: header("Wechatpay-Timestamp", "\(Int64.max)")),
    Damage(
      name: "a timestamp whose distance to now has no magnitude", reason: .stale,
      change: header("Wechatpay-Timestamp", "\(Int64.min + Fixture.now)")),
    Damage(
      name: "a timestamp of more than 64 bits", reason: .stale,
      change: header("Wechatpay-Timestamp", "99999999999999999999999")),
    Damage(
      name: "another timestamp", reason: .wrongSignature,
      change: header("Wechatpay-Timestamp", "\(Fixture.now + 1)")),
    Damage(
      name: "another serial", reason: .unknownSerial,
      change: header("Wechatpay-Serial", "PUB_KEY_ID_0")),
    Damage(
      name: "a probe", reason: .probe,
      change: {
        $0.headers["Wechatpay-Signature"] =
          "WECHATPAY/SIGNTEST/" + ($0.headers["Wechatpay-Signature"] ?? "")
      }
    ),
    Damage(
      name: "a signature that is no Base64", reason: .wrongSignature,
      change: header("Wechatpay-Signature", "not base64!")),
    Damage(
      name: "a short signature", reason: .wrongSignature,
      change: header("Wechatpay-Signature", "AAAA")),
    Damage(
      name: "another nonce", reason: .wrongSignature, change: header("Wechatpay-Nonce", "another")),
    Damage(name: "another body", reason: .wrongSignature, change: { $0.body.append(32) }),
    Damage(name: "no body", reason: .wrongSignature, change: { $0.body = [] }),
    Damage(
      name: "another signature type", reason: .wrongSignature,
      change: header("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3")),
  ]

  @Test("whatever is wrong with a signature has its reason", arguments: damages)
  func damaged(_ damage: Damage) async throws {
    var answer = try Fixture.platform().answer(200, #"{"a":1}"#)
    damage.change(&answer)
    await #expect(throws: VerificationFailure(reason: damage.reason)) { try await verify(answer) }
  }

  @Test("every reason has a case")
  func everyReason() {
    #expect(Set(Self.damages.map(\.reason)) == Set(VerificationFailure.Reason.allCases))
  }

  @Test("an answer signed with another key is not verified")
  func otherKey() async throws {
    let answer = try Fixture.otherPlatform().answer(200, "{}", serial: Fixture.publicKeyID)
    await #expect(throws: VerificationFailure(reason: .wrongSignature)) { try await verify(answer) }
  }

  @Test("during a migration answers may be signed with the public key or with a certificate")
  func bothKeys() async throws {
    let (platform, other) = (try Fixture.platform(), try Fixture.otherPlatform())
    let listed = try Fixture.listed(other)
    let certificates = PlatformCertificates(time: ManualTime(unixSeconds: Fixture.now).source) {
      .success([listed])
    }
    let keys = VerificationKeys(
      publicKey: .init(id: Fixture.publicKeyID, key: platform.key.publicKey),
      certificates: certificates)
    #expect(try await keys.preferred(before: .now + .seconds(60)) == Fixture.publicKeyID)
    #expect(keys.isReady)
    _ = try await verifier.verify(platform.answer(200, "{}")) {
      await keys.key(for: $0, before: .now + .seconds(60))
    }
    _ = try await verifier.verify(other.answer(200, "{}", serial: other.serial)) {
      await keys.key(for: $0, before: .now + .seconds(60))
    }
    // A serial says which key: one key's signature under the other's name is wrong.
    await #expect(throws: VerificationFailure(reason: .wrongSignature)) {
      try await verifier.verify(platform.answer(200, "{}", serial: other.serial)) {
        await keys.key(for: $0, before: .now + .seconds(60))
      }
    }
  }

  @Test("without any key there is nothing to ask for")
  func noKeys() async throws {
    let keys = VerificationKeys(publicKey: nil, certificates: nil)
    #expect(!keys.isReady)
    let failure = await #expect(throws: CertificateFailure.self) {
      try await keys.preferred(before: .now + .seconds(60))
    }
    #expect(failure?.code == .notConfigured)
    #expect(await keys.key(for: Fixture.publicKeyID, before: .now + .seconds(60)) == nil)
  }
}
