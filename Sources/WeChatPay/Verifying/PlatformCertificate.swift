// SPDX-License-Identifier: Apache-2.0
package import Cryptography
package import GatewayCore
internal import JSON

/// A certificate that WeChat Pay signs its answers with.
package struct PlatformCertificate: Sendable {
  package let serialNumber: SerialNumber
  package let certificate: Certificate

  /// Reads the answer of `GET /v3/certificates`.
  ///
  /// - Parameter apiV3Key: 32 bytes.
  /// - Returns: every certificate of the answer; each one's serial number is that of the decrypted
  ///   certificate itself.
  /// - Throws: `CertificateFailure` when one of them cannot be read: a wrong APIv3 key shows here.
  package static func decode(_ body: [UInt8], apiV3Key: AES256GCM.Key) throws(CertificateFailure)
    -> [PlatformCertificate]
  {
    guard let data = (try? JSONValue(parsing: body))?["data"]?.arrayValue, !data.isEmpty else {
      throw CertificateFailure(
        .malformed, "the answer of /v3/certificates has no list of certificates")
    }
    var certificates: [PlatformCertificate] = []
    for entry in data { certificates.append(try PlatformCertificate(entry, apiV3Key: apiV3Key)) }
    return certificates
  }

  private init(_ entry: JSONValue, apiV3Key: AES256GCM.Key) throws(CertificateFailure) {
    let encrypted = entry["encrypt_certificate"]
    guard let named = entry["serial_no"]?.stringValue, let nonce = encrypted?["nonce"]?.stringValue,
      encrypted?["algorithm"]?.stringValue == "AEAD_AES_256_GCM",
      let ciphertext = (encrypted?["ciphertext"]?.stringValue).flatMap(Base64.decode)
    else { throw CertificateFailure(.malformed, "an entry of /v3/certificates lacks a member") }
    let associatedData = encrypted?["associated_data"]?.stringValue ?? ""
    do throws(CryptographyError) {
      let pem = try AES256GCM.open(
        ciphertext, key: apiV3Key, nonce: Array(nonce.utf8),
        associatedData: Array(associatedData.utf8))
      certificate = try Certificate(pem: pem)
    } catch {
      throw CertificateFailure(
        .undecryptable,
        "a certificate could not be decrypted (\(error.detail)); is api_v3_key the merchant's?")
    }
    guard equal(certificate.serialNumber, named) else {
      throw CertificateFailure(
        .malformed, "a certificate's serial number is not the one it is listed under")
    }
    serialNumber = SerialNumber(named)
  }
}

/// Serial numbers are hexadecimal: letters compare without case, leading zeros do not count.
private func equal(_ a: String, _ b: String) -> Bool {
  func plain(_ serial: String) -> String { String(serial.uppercased().drop { $0 == "0" }) }
  return plain(a) == plain(b)
}

/// Why there is no certificate to verify with.
package struct CertificateFailure: Error, Sendable, Equatable {
  package enum Code: String, Sendable {
    /// Neither a public key nor an APIv3 key is configured.
    case notConfigured = "not_configured"
    /// WeChat Pay could not be reached or did not answer.
    case unreachable
    /// WeChat Pay refused the merchant's signature.
    case signError = "sign_error"
    /// WeChat Pay refused for another reason: a new merchant has no platform certificates.
    case refused
    /// The APIv3 key does not open the certificates.
    case undecryptable
    /// The answer is not signed by one of its own certificates.
    case unverified
    case malformed
  }

  package let code: Code
  package let detail: String

  package init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }
}
