// SPDX-License-Identifier: Apache-2.0
package import Cryptography
package import GatewayCore

/// A merchant's API certificate and key: what signs its requests.
package final class SigningCredentials: Sendable {
  package let merchant: MerchantID
  /// Of the merchant's certificate; WeChat Pay's `serial_no`.
  package let serialNumber: SerialNumber
  /// When that certificate expires, in seconds since 1970; `nil`: not known.
  package let expires: Int64?
  private let privateKey: any SigningKey

  package init(
    merchant: MerchantID, serialNumber: SerialNumber, expires: Int64? = nil,
    privateKey: any SigningKey
  ) {
    self.merchant = merchant
    self.serialNumber = serialNumber
    self.expires = expires
    self.privateKey = privateKey
  }

  /// Why the key could not be used lately, for the operator; `nil` when it could.
  package var problem: String? { privateKey.problem }

  /// Signs something that is not sent, to see whether a key that could not be used is back.
  package func tryKey() async { _ = try? await privateKey.signature(of: []) }

  /// The value of `Authorization` for a request (WeChat Pay APIv3, "签名生成", part 5).
  ///
  /// - Parameters:
  ///   - timestamp: seconds since 1970; WeChat Pay refuses one that is more than 5 minutes off.
  ///   - nonce: up to 32 of `0-9A-Za-z`, new for every attempt.
  /// - Throws: when the key cannot sign.
  package func authorization(
    method: String, target: String, body: [UInt8]?, timestamp: Int64, nonce: String
  ) async throws(SigningFailure) -> String {
    let message = CanonicalMessage.request(
      method: method, target: target, timestamp: timestamp, nonce: nonce, body: body)
    let signature = Base64.encode(try await privateKey.signature(of: message))
    var text = "WECHATPAY2-SHA256-RSA2048 mchid=\""
    // Room for all of it: 344 characters of signature, 32 of nonce, 40 of serial number.
    text.reserveCapacity(600)
    text.append(merchant.text)
    text.append("\",nonce_str=\"")
    text.append(nonce)
    text.append("\",signature=\"")
    text.append(signature)
    text.append("\",timestamp=\"")
    text.append(String(timestamp))
    text.append("\",serial_no=\"")
    text.append(serialNumber.text)
    text.append("\"")
    return text
  }
}
