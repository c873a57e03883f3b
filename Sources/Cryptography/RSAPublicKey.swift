// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// An RSA public key of at least 2048 bits, which checks signatures. May be used by several threads
/// at once.
package struct RSAPublicKey: Sendable, Equatable {
  let handle: KeyHandle
  private let verifying: SignatureTemplate

  /// Reads a key in PEM form, `BEGIN PUBLIC KEY`, as WeChat Pay's `pub_key.pem` is.
  ///
  /// - Throws: `CryptographyError`: `malformedKey`, `notRSA` or `keyTooShort`.
  package init(pem: [UInt8]) throws(CryptographyError) {
    try self.init(handle: KeyHandle(publicPEM: pem))
  }

  init(handle: KeyHandle) throws(CryptographyError) {
    self.handle = handle
    verifying = try SignatureTemplate(verifyingWith: handle)
  }

  /// Length of the modulus.
  package var bits: Int { handle.bits }

  /// The modulus, big-endian without zeros in front: what the two halves of a key have in common.
  package var modulus: [UInt8] { handle.modulus }

  /// The key as `BEGIN PUBLIC KEY`.
  package var pem: [UInt8] {
    get throws(CryptographyError) {
      OpenSSLErrors.queue.clear()
      let memory = try MemoryBIO()
      let written = unsafe handle.withUnsafeKey { key in
        unsafe PEM_write_bio_PUBKEY(memory.bio, key)
      }
      guard written == 1 else {
        throw CryptographyError(.unavailable, "the public key cannot be written", draining: .queue)
      }
      return memory.bytes
    }
  }

  /// Whether `signature` is this key's RSASSA-PKCS1-v1_5 signature with SHA-256 (RFC 8017, section
  /// 8.2) of `message`.
  package func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
    guard signature.count == handle.signatureByteCount,
      let context = try? verifying.copy()
    else { return false }
    let isValid = unsafe EVP_DigestVerify(
      context.context, signature, signature.count, message, message.count)
    // EVP_DigestVerify(3): 0 for a wrong signature, "other values indicate a more serious error";
    // both leave entries.
    if isValid != 1 { OpenSSLErrors.queue.clear() }
    return isValid == 1
  }

  package static func == (left: RSAPublicKey, right: RSAPublicKey) -> Bool {
    left.handle.matches(right.handle)
  }
}
