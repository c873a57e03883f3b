// SPDX-License-Identifier: Apache-2.0

/// What signs for a merchant: a key in memory, or one that stays in a token.
package protocol SigningKey: Sendable {
  /// Signs with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017, section 8.2).
  func signature(of message: [UInt8]) async throws(SigningFailure) -> [UInt8]

  /// Why the latest signature could not be made, for the operator; `nil` when it was made.
  var problem: String? { get }
}

/// Why a signature was not made.
package struct SigningFailure: Error, Sendable {
  /// What to tell the one who waits for it.
  package enum Reason: Sendable {
    /// The key cannot be used at all.
    case defect
    /// The key cannot be reached; that may pass.
    case unavailable
    /// Too many signatures are being made.
    case busy
  }

  package let reason: Reason
  /// For the log. Never holds key material or a PIN.
  package let detail: String

  package init(_ reason: Reason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }
}

extension RSAPrivateKey: SigningKey {
  package var problem: String? { nil }

  package func signature(of message: [UInt8]) async throws(SigningFailure) -> [UInt8] {
    do throws(CryptographyError) {
      return try sign(message)
    } catch {
      throw SigningFailure(.defect, error.detail)
    }
  }
}
