// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Synchronization

/// An RSA private key of at least 2048 bits, which signs. May be used by several threads at once;
/// prints as `***`.
package struct RSAPrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
  let handle: KeyHandle
  private let signing: SignatureTemplate

  /// The public part.
  package let publicKey: RSAPublicKey

  /// Reads a key in PEM form: PKCS #8 (`BEGIN PRIVATE KEY`), encrypted PKCS #8, or PKCS #1 (`BEGIN
  /// RSA PRIVATE KEY`, encrypted or not). Text before and behind it is skipped.
  ///
  /// - Parameter passphrase: for an encrypted key; any other does not look at it. It is never asked
  ///   for on the terminal.
  /// - Throws: `CryptographyError`: `malformedKey`, `notRSA`, `keyTooShort`, `passphraseRequired`,
  ///   `wrongPassphrase`.
  package init(pem: SecretBytes, passphrase: SecretBytes? = nil) throws(CryptographyError) {
    let handle = try KeyMemory.within { () throws(CryptographyError) in
      try KeyHandle(privatePEM: pem, passphrase: passphrase)
    }
    try self.init(handle: handle)
  }

  /// As above, for throw-away keys: the arrays are the caller's and are not overwritten.
  package init(pem: [UInt8], passphrase: [UInt8]? = nil) throws(CryptographyError) {
    try self.init(pem: SecretBytes(pem), passphrase: passphrase.map { SecretBytes($0) })
  }

  /// Whether a key in PEM form says that it is encrypted: `BEGIN ENCRYPTED PRIVATE KEY` (RFC 7468) or
  /// `Proc-Type: 4,ENCRYPTED` (RFC 1421).
  package static func isEncrypted(pem: SecretBytes) -> Bool {
    let word = Array("ENCRYPTED".utf8)
    return pem.withBytes { text in
      text.indices.contains { start in
        start + word.count <= text.count && word.indices.allSatisfy { text[start + $0] == word[$0] }
      }
    }
  }

  init(handle: KeyHandle) throws(CryptographyError) {
    self.handle = handle
    // Of the same handle: what a public key does and writes uses the public part only.
    publicKey = try RSAPublicKey(handle: handle)
    signing = try SignatureTemplate(signingWith: handle)
  }

  /// Makes a new key, for tests and the simulator. Takes a noticeable part of a second.
  ///
  /// - Throws: `keyTooShort` for less than 2048 bits.
  package static func generate(bits: Int = 2048) throws(CryptographyError) -> RSAPrivateKey {
    OpenSSLErrors.queue.clear()
    let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil)
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard unsafe EVP_PKEY_keygen_init(context) == 1,
      unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(clamping: bits)) == 1,
      unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key
    else {
      throw CryptographyError(
        .unavailable, "an RSA key of \(bits) bits cannot be made", draining: .queue)
    }
    return try unsafe RSAPrivateKey(handle: KeyHandle(takingOwnershipOf: key))
  }

  /// Length of the modulus.
  package var bits: Int { handle.bits }

  /// The key as unencrypted PKCS #8 (`BEGIN PRIVATE KEY`), for throw-away keys. Whoever writes it
  /// to a file gives the file mode 0600.
  package var pem: [UInt8] {
    get throws(CryptographyError) {
      OpenSSLErrors.queue.clear()
      let memory = try MemoryBIO()
      let written = unsafe handle.withUnsafeKey { key in
        unsafe PEM_write_bio_PKCS8PrivateKey(memory.bio, key, nil, nil, 0, refusePassphrase, nil)
      }
      guard written == 1 else {
        throw CryptographyError(.unavailable, "the key cannot be written", draining: .queue)
      }
      return memory.bytes
    }
  }

  /// Signs with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017, section 8.2): 256 bytes for a key of 2048
  /// bits.
  ///
  /// - Throws: `unavailable` when OpenSSL fails, e.g. a key whose numbers do not fit together.
  package func sign(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
    guard !signing.wasUsed.load(ordering: .relaxed) else { return try signNow(message) }
    // OpenSSL works out with the first signature what it keeps beside the key, the primes among it.
    let signature = try KeyMemory.within { () throws(CryptographyError) in
      try signNow(message)
    }
    signing.wasUsed.store(true, ordering: .relaxed)
    return signature
  }

  private func signNow(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
    OpenSSLErrors.queue.clear()
    let context = try signing.copy()
    var done: Int32 = 0
    let signature = unsafe [UInt8](unsafeUninitializedCapacity: handle.signatureByteCount) {
      signature, filled in
      var count = signature.count
      done = unsafe EVP_DigestSign(
        context.context, signature.baseAddress, &count, message, message.count)
      filled = done == 1 ? count : 0
    }
    guard done == 1 else {
      throw CryptographyError(.unavailable, "the message cannot be signed", draining: .queue)
    }
    return signature
  }

  package var description: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
