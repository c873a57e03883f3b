// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import HTTP

/// A key that answers are signed with, and the name that it goes by in `Wechatpay-Serial`.
struct Signer: Sendable {
  /// A certificate's serial number, or `PUB_KEY_ID_…`.
  var serial: String
  var key: RSAPrivateKey

  /// The headers that let a client verify an answer with this body (empty for 204).
  ///
  /// The signed message is three lines, each ended by a line feed: timestamp, nonce, body.
  func headers(for body: [UInt8], at moment: Moment) throws(CryptographyError) -> Headers {
    let nonce = SecureRandom.alphanumeric(count: 32)
    let timestamp = String(moment.secondsSince1970)
    let message = Array("\(timestamp)\n\(nonce)\n".utf8) + body + [UInt8(ascii: "\n")]
    return [
      "Wechatpay-Timestamp": timestamp,
      "Wechatpay-Nonce": nonce,
      "Wechatpay-Signature": Base64.encode(try key.sign(message)),
      "Wechatpay-Serial": serial,
      "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    ]
  }
}
