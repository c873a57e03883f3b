// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import JSON

extension Platform {
  /// A certificate as WeChat Pay issues them, made on the spot.
  ///
  /// - Parameters:
  ///   - lifetime: in seconds; WeChat Pay's certificates live five years.
  ///   - key: its private key; `nil`: a new one.
  static func makeIdentity(
    now: Moment, lifetime: Int64 = 5 * 365 * 86_400, key: RSAPrivateKey? = nil
  ) throws(CryptographyError) -> Identity {
    let key = if let key { key } else { try RSAPrivateKey.generate(bits: 2048) }
    let certificate = try Certificate.selfSigned(
      CertificateContents(
        commonName: "Tenpay.com sign", organization: "Tenpay.com",
        notBefore: now.secondsSince1970 - 60,
        notAfter: now.secondsSince1970 + lifetime),
      key: key)
    return Identity(certificate: certificate, key: key)
  }

  /// The answer to `GET /v3/certificates`: every certificate, encrypted with the merchant's APIv3
  /// key.
  func certificates(for merchant: Merchant) throws(Refusal) -> Answer {
    let list = identities
    guard !list.isEmpty else {
      throw Refusal(
        status: 404, code: "RESOURCE_NOT_EXISTS", message: "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥")
    }
    var data: [JSONValue] = []
    for identity in list {
      // 12 bytes, sent as text.
      let nonce = SecureRandom.alphanumeric(count: AES256GCM.nonceByteCount)
      let sealed: [UInt8]
      do {
        sealed = try AES256GCM.seal(
          try identity.certificate.pem, key: merchant.apiV3Key, nonce: Array(nonce.utf8),
          associatedData: Array("certificate".utf8))
      } catch {
        throw .systemError
      }
      let certificate = identity.certificate
      data.append([
        "serial_no": .string(certificate.serialNumber),
        "effective_time": .string(Moment(secondsSince1970: certificate.notBefore).beijingTime),
        "expire_time": .string(Moment(secondsSince1970: certificate.notAfter).beijingTime),
        "encrypt_certificate": [
          "algorithm": "AEAD_AES_256_GCM", "nonce": .string(nonce),
          "associated_data": "certificate",
          "ciphertext": .string(Base64.encode(sealed)),
        ],
      ])
    }
    return .ok(["data": .array(data)])
  }
}
