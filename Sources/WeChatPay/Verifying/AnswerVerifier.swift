// SPDX-License-Identifier: Apache-2.0
package import Cryptography
package import GatewayCore
package import HTTP

/// Verifies answers of WeChat Pay (APIv3, "签名验证").
package struct AnswerVerifier: Sendable {
  /// WeChat Pay's own rule for requests, applied to its answers.
  private static let toleranceSeconds: Int64 = 300
  private static let probePrefix = "WECHATPAY/SIGNTEST/"
  private static let scheme = "WECHATPAY2-SHA256-RSA2048"

  private let time: TimeSource

  package init(time: TimeSource = .system) {
    self.time = time
  }

  /// - Parameter key: the key for a serial number; `nil` when there is none.
  package func verify(
    _ answer: InboundAnswer, key: (SerialNumber) async -> RSAPublicKey?
  ) async throws(VerificationFailure) -> VerifiedAnswer {
    let signature = try SignatureHeaders(answer.headers)
    let now = time.unixSeconds()
    guard let timestamp = Int64(signature.timestamp),
      (now - Self.toleranceSeconds + 1...now + Self.toleranceSeconds - 1).contains(timestamp)
    else { throw VerificationFailure(reason: .stale) }
    guard !signature.signature.hasPrefix(Self.probePrefix) else {
      throw VerificationFailure(reason: .probe)
    }
    guard let key = await key(signature.serial) else {
      throw VerificationFailure(reason: .unknownSerial)
    }
    try check(signature, of: answer, with: key)
    return VerifiedAnswer(answer)
  }

  private func check(
    _ signature: SignatureHeaders, of answer: InboundAnswer, with key: RSAPublicKey
  ) throws(VerificationFailure) {
    let message = CanonicalMessage.answer(
      timestamp: signature.timestamp, nonce: signature.nonce, body: answer.body)
    guard signature.scheme ?? Self.scheme == Self.scheme,
      let bytes = Base64.decode(signature.signature),
      key.isValid(signature: bytes, for: message)
    else { throw VerificationFailure(reason: .wrongSignature) }
  }
}

/// The headers that sign an answer, each there once.
private struct SignatureHeaders {
  let signature: String
  let timestamp: String
  let nonce: String
  let serial: SerialNumber
  let scheme: String?

  init(_ headers: Headers) throws(VerificationFailure) {
    guard headers["Wechatpay-Signature"] != nil else {
      throw VerificationFailure(reason: .unsigned)
    }
    signature = try Self.only("Wechatpay-Signature", headers)
    timestamp = try Self.only("Wechatpay-Timestamp", headers)
    nonce = try Self.only("Wechatpay-Nonce", headers)
    serial = SerialNumber(try Self.only("Wechatpay-Serial", headers))
    scheme = headers["Wechatpay-Signature-Type"]
  }

  private static func only(_ name: String, _ headers: Headers) throws(VerificationFailure) -> String
  {
    let values = headers.values(of: name)
    guard values.count == 1, let value = values.first, !value.isEmpty else {
      throw VerificationFailure(reason: .incomplete)
    }
    return value
  }
}
