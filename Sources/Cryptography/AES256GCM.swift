// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// AES-256 in Galois/Counter Mode with 12-byte nonces and 16-byte tags (NIST SP 800-38D), which
/// WeChat Pay calls
/// `AEAD_AES_256_GCM`.
package enum AES256GCM {
  /// Bytes of a tag, which stands behind the ciphertext.
  package static let tagByteCount = 16
  /// Bytes of a nonce.
  package static let nonceByteCount = 12

  /// A 32-byte key, e.g. a merchant's APIv3 key. It prints as `***`.
  package struct Key: Sendable, CustomStringConvertible, CustomReflectable {
    let secret: SecretBytes

    /// - Throws: `CryptographyError.badKeyLength` unless there are 32 bytes.
    package init(_ bytes: [UInt8]) throws(CryptographyError) { try self.init(SecretBytes(bytes)) }

    /// - Throws: `CryptographyError.badKeyLength` unless there are 32 bytes.
    package init(_ secret: SecretBytes) throws(CryptographyError) {
      guard secret.count == 32 else {
        throw CryptographyError(
          .badKeyLength, "the key has \(secret.count) bytes; an AES-256 key has 32")
      }
      self.secret = secret
    }

    package var description: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
  }

  /// Decrypts and checks.
  ///
  /// - Parameter ciphertextAndTag: the ciphertext followed by its 16-byte tag.
  /// - Throws: `CryptographyError.authenticationFailed` when anything was changed or the key is
  ///   another;
  ///   `.badNonceLength` unless the nonce has 12 bytes.
  package static func open(
    _ ciphertextAndTag: [UInt8], key: Key, nonce: [UInt8], associatedData: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    try check(nonce: nonce)
    guard ciphertextAndTag.count >= tagByteCount else {
      throw CryptographyError(
        .authenticationFailed, "the ciphertext is shorter than its \(tagByteCount)-byte tag")
    }
    let cipher = try CipherContext(isSealing: false, key: key, nonce: nonce)
    try cipher.authenticate(associatedData)
    var tag = Array(ciphertextAndTag.suffix(tagByteCount))
    let plaintext = try cipher.update(ciphertextAndTag.dropLast(tagByteCount))
    guard cipher.accepts(tag: &tag) else {
      // Unauthenticated plaintext leaves this function in no case.
      throw CryptographyError(
        .authenticationFailed,
        "the ciphertext was not made with this key, nonce and associated data, or was changed")
    }
    return plaintext
  }

  /// Encrypts; the answer is the ciphertext followed by its 16-byte tag. A nonce must not be used
  /// twice with one key.
  /// - Throws: `CryptographyError.badNonceLength` unless the nonce has 12 bytes.
  package static func seal(
    _ plaintext: [UInt8], key: Key, nonce: [UInt8], associatedData: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    try check(nonce: nonce)
    let cipher = try CipherContext(isSealing: true, key: key, nonce: nonce)
    try cipher.authenticate(associatedData)
    let ciphertext = try cipher.update(plaintext[...])
    return try ciphertext + cipher.tag()
  }

  private static func check(nonce: [UInt8]) throws(CryptographyError) {
    guard nonce.count == nonceByteCount else {
      throw CryptographyError(
        .badNonceLength, "the nonce has \(nonce.count) bytes; it must have \(nonceByteCount)")
    }
  }
}

/// One encryption or decryption, from the key to the tag. Order: `authenticate`, `update` once,
/// then the tag.
@safe
private struct CipherContext: ~Copyable {
  private let context: OpaquePointer?

  init(isSealing: Bool, key: AES256GCM.Key, nonce: [UInt8]) throws(CryptographyError) {
    OpenSSLErrors.queue.clear()
    let context = unsafe EVP_CIPHER_CTX_new()
    unsafe self.context = context
    let started = unsafe key.secret.withUnsafePointer { key in
      unsafe context == nil
        ? 0
        : EVP_CipherInit_ex2(
          context, Algorithms.shared.aes256GCM, key.bindMemory(to: UInt8.self).baseAddress, nonce,
          isSealing ? 1 : 0, nil)
    }
    guard started == 1 else { throw Self.failure("start") }
  }

  deinit { unsafe EVP_CIPHER_CTX_free(context) }

  func authenticate(_ associatedData: [UInt8]) throws(CryptographyError) {
    guard !associatedData.isEmpty else { return }
    var written: Int32 = 0
    guard let count = Int32(exactly: associatedData.count),
      unsafe EVP_CipherUpdate(context, nil, &written, associatedData, count) == 1
    else { throw Self.failure("read the associated data") }
  }

  func update(_ input: ArraySlice<UInt8>) throws(CryptographyError) -> [UInt8] {
    guard let length = Int32(exactly: input.count) else { throw Self.failure("take so much") }
    guard length > 0 else { return [] }
    var written: Int32 = 0
    var done: Int32 = 0
    let output = unsafe [UInt8](unsafeUninitializedCapacity: input.count) { output, count in
      done = unsafe input.withUnsafeBufferPointer { input in
        unsafe EVP_CipherUpdate(context, output.baseAddress, &written, input.baseAddress, length)
      }
      count = done == 1 ? Int(written) : 0
    }
    guard done == 1, written == length else { throw Self.failure("run") }
    return output
  }

  func accepts(tag: inout [UInt8]) -> Bool {
    var rest: Int32 = 0
    var unused = [UInt8](repeating: 0, count: 16)
    let isRight =
      unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
      && EVP_CipherFinal_ex(context, &unused, &rest) == 1
    OpenSSLErrors.queue.clear()
    return isRight
  }

  func tag() throws(CryptographyError) -> [UInt8] {
    var rest: Int32 = 0
    var tag = [UInt8](repeating: 0, count: AES256GCM.tagByteCount)
    guard unsafe EVP_CipherFinal_ex(context, &tag, &rest) == 1,
      unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
    else { throw Self.failure("end") }
    return tag
  }

  private static func failure(_ step: String) -> CryptographyError {
    CryptographyError(.unavailable, "AES-256-GCM could not \(step)", draining: .queue)
  }
}
