// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// A key, certificate, ciphertext or signature that cannot be used. Equal when the codes are equal.
package struct CryptographyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, for a program. A closed set; `name` is safe as a metric label.
  package struct Code: Sendable, Hashable {
    package let name: String
    /// Not PEM, or not a private or public key.
    package static let malformedKey = Code(name: "malformed_key")
    /// A key of another algorithm than RSA.
    package static let notRSA = Code(name: "not_rsa")
    /// An RSA key of fewer than 2048 bits.
    package static let keyTooShort = Code(name: "key_too_short")
    /// The key is encrypted and no passphrase was given.
    package static let passphraseRequired = Code(name: "passphrase_required")
    /// The key is encrypted and the passphrase does not open it.
    package static let wrongPassphrase = Code(name: "wrong_passphrase")
    /// Not a PKCS #12 file, or one without a key or a certificate.
    package static let malformedPKCS12 = Code(name: "malformed_pkcs12")
    /// Not a PEM certificate, or one that X.509 does not allow.
    package static let malformedCertificate = Code(name: "malformed_certificate")
    /// A symmetric key that is not 32 bytes.
    package static let badKeyLength = Code(name: "bad_key_length")
    /// A nonce that is not 12 bytes.
    package static let badNonceLength = Code(name: "bad_nonce_length")
    /// The ciphertext was not made with this key, nonce and associated data, or was changed.
    package static let authenticationFailed = Code(name: "authentication_failed")
    /// OpenSSL refused something it should be able to do.
    package static let unavailable = Code(name: "unavailable")
  }

  package let code: Code
  /// For the log and the operator: what is wrong and what to do. Never holds key material or a
  /// passphrase.
  package let detail: String

  package var description: String { "\(code.name): \(detail)" }

  package static func == (left: CryptographyError, right: CryptographyError) -> Bool {
    left.code == right.code
  }

  init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }

  /// Takes OpenSSL's reasons off this thread's queue and adds them to the detail.
  init(_ code: Code, _ detail: String, draining queue: OpenSSLErrors) {
    self.code = code
    let reasons = queue.drain()
    self.detail =
      reasons.isEmpty ? detail : "\(detail) (OpenSSL: \(reasons.joined(separator: "; ")))"
  }
}

/// OpenSSL's error queue, which belongs to the calling thread.
///
/// Only the library's own reason texts are read, never the extra data, which may quote input.
struct OpenSSLErrors {
  static let queue = OpenSSLErrors()

  /// Empties the queue; what an earlier call left there must not be blamed on the next.
  func clear() { ERR_clear_error() }

  /// The reasons, oldest first; the queue is empty afterwards. OpenSSL keeps at most 16.
  func drain() -> [String] {
    var reasons: [String] = []
    while true {
      let code = ERR_get_error()
      guard code != 0 else { return reasons }
      let text = unsafe ERR_reason_error_string(code)
      let reason =
        if let text = unsafe text { unsafe String(cString: text) } else {
          "library \(copenssl_error_library(code)), reason \(copenssl_error_reason(code))"
        }
      if reasons.last != reason { reasons.append(reason) }
    }
  }
}
