// SPDX-License-Identifier: Apache-2.0
import Cryptography
import GatewayCore
import HTTP
import JSON
import TestSupport

@testable import WeChatPay

/// Keys and certificates, made once for all tests, and what WeChat Pay would do with them.
enum Fixture {
  static let now: Int64 = 1_700_000_000
  static let merchantID = MerchantID("1900000001")
  static let merchantSerial = SerialNumber("1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C")
  static let publicKeyID = SerialNumber("PUB_KEY_ID_0119000000012024010100000000")

  private static let merchantKeyMade = Result { try RSAPrivateKey.generate() }
  private static let platformMade = Result {
    try Platform(serial: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1")
  }
  private static let otherPlatformMade = Result {
    try Platform(serial: "6DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC", notBefore: now - 10)
  }

  static func merchantKey() throws -> RSAPrivateKey { try merchantKeyMade.get() }

  /// The certificate that WeChat Pay signs with.
  static func platform() throws -> Platform { try platformMade.get() }

  /// A newer one.
  static func otherPlatform() throws -> Platform { try otherPlatformMade.get() }

  static func credentials() throws -> SigningCredentials {
    SigningCredentials(
      merchant: merchantID, serialNumber: merchantSerial, privateKey: try merchantKey())
  }

  /// A merchant that verifies with a public key: that of `platform`.
  static func merchant() throws -> Merchant {
    Merchant(
      credentials: try credentials(),
      keys: VerificationKeys(
        publicKey: .init(id: publicKeyID, key: try platform().key.publicKey), certificates: nil))
  }

  /// A certificate as a download brings it.
  static func listed(_ platform: Platform) throws -> PlatformCertificate {
    let key = try apiV3Key()
    let body = certificateList([try platform.entry(apiV3Key: key)])
    let certificates = try PlatformCertificate.decode(Array(body.utf8), apiV3Key: key)
    guard let certificate = certificates.first else { throw CertificateFailure(.malformed, "none") }
    return certificate
  }

  static func apiV3Key(_ text: String = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb") throws -> AES256GCM.Key
  {
    try AES256GCM.Key(Array(text.utf8))
  }
}

/// A certificate of WeChat Pay with its private key.
struct Platform: Sendable {
  let key: RSAPrivateKey
  let certificate: Certificate
  let serial: SerialNumber

  init(
    serial: String, notBefore: Int64 = Fixture.now - 1000, notAfter: Int64 = Fixture.now + 100_000,
    key: RSAPrivateKey? = nil
  ) throws {
    self.key = try key ?? RSAPrivateKey.generate()
    certificate = try Certificate.selfSigned(
      CertificateContents(
        commonName: "Tenpay.com sign", notBefore: notBefore, notAfter: notAfter,
        serialNumber: serial),
      key: self.key)
    self.serial = SerialNumber(serial)
  }

  /// An answer signed as WeChat Pay signs it.
  func answer(
    _ status: Int = 200, _ body: String, serial: SerialNumber? = nil, time: Int64 = Fixture.now,
    headers: Headers = [:]
  ) throws -> InboundAnswer {
    let bytes = Array(body.utf8)
    let nonce = "c5ac7061fccab6bf3e254dcf98995b8c"
    let signature = Base64.encode(
      try key.sign(Array("\(time)\n\(nonce)\n".utf8) + bytes + Array("\n".utf8)))
    var all: Headers = [
      "Content-Type": "application/json; charset=utf-8", "Request-ID": "08F78BB3AF06",
      "Wechatpay-Timestamp": String(time), "Wechatpay-Nonce": nonce,
      "Wechatpay-Signature": signature,
      "Wechatpay-Serial": (serial ?? Fixture.publicKeyID).text,
      "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    ]
    for field in headers.fields { all[field.name] = field.value }
    return InboundAnswer(status: status, headers: all, body: bytes)
  }

  /// An entry of `GET /v3/certificates`.
  func entry(
    apiV3Key: AES256GCM.Key, listedAs name: String? = nil, algorithm: String = "AEAD_AES_256_GCM",
    nonce: String = "4de73afd28b6"
  ) throws -> JSONValue {
    let sealed = try AES256GCM.seal(
      certificate.pem, key: apiV3Key, nonce: Array(nonce.utf8),
      associatedData: Array("certificate".utf8))
    return [
      "serial_no": .string(name ?? serial.text), "effective_time": "2018-03-26T11:39:50+08:00",
      "expire_time": "2023-03-25T11:39:50+08:00",
      "encrypt_certificate": [
        "algorithm": .string(algorithm), "nonce": .string(nonce), "associated_data": "certificate",
        "ciphertext": .string(Base64.encode(sealed)),
      ],
    ]
  }
}

extension InboundAnswer {
  /// An answer that nobody signed.
  static func unsigned(_ status: Int, _ body: String, headers: Headers = [:]) -> InboundAnswer {
    InboundAnswer(status: status, headers: headers, body: Array(body.utf8))
  }
}

/// The body of an answer with certificates.
func certificateList(_ entries: [JSONValue]) -> String {
  let list: JSONValue = ["data": .array(entries)]
  return String(decoding: list.serialized(), as: UTF8.self)
}
