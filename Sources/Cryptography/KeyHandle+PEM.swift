// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

extension KeyHandle {
  /// Reads a private key in PEM form, whatever its structure and whether or not it is encrypted.
  convenience init(
    privatePEM pem: SecretBytes, passphrase: SecretBytes?
  ) throws(CryptographyError) {
    OpenSSLErrors.queue.clear()
    let usual = unsafe pem.withUnsafePointer { bytes in
      unsafe copenssl_decode_rsa(
        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, 1)
    }
    if let usual = unsafe usual {
      try unsafe self.init(takingOwnershipOf: usual)
      return
    }
    // Encrypted, PKCS #1, or not an RSA key.
    OpenSSLErrors.queue.clear()
    var answer = PassphraseAnswer(passphrase: passphrase)
    let other = try unsafe pem.withUnsafePointer { bytes throws(CryptographyError) in
      let source = try unsafe MemoryBIO(borrowing: bytes)
      return unsafe withUnsafeMutablePointer(to: &answer) { answer in
        unsafe PEM_read_bio_PrivateKey(source.bio, nil, PassphraseAnswer.give, answer)
      }
    }
    guard let other = unsafe other else { throw Self.reason(answer) }
    try unsafe self.init(takingOwnershipOf: other)
  }

  private static func reason(_ answer: PassphraseAnswer) -> CryptographyError {
    guard answer.wasAsked else {
      return CryptographyError(
        .malformedKey,
        "this is not a private key in PEM form (BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY)",
        draining: .queue)
    }
    guard answer.passphrase != nil else {
      return CryptographyError(
        .passphraseRequired, "the private key is encrypted, and there is no passphrase for it",
        draining: .queue)
    }
    let error = CryptographyError(
      .wrongPassphrase, "the passphrase does not open the private key", draining: .queue)
    // ERR_R_UNSUPPORTED: single DES, RC2 and the like.
    guard error.detail.contains("unsupported") else { return error }
    return CryptographyError(
      .malformedKey, "the private key is encrypted with an algorithm that is no longer supported")
  }
}

/// What OpenSSL gets when it asks for a passphrase.
private struct PassphraseAnswer {
  let passphrase: SecretBytes?
  var wasAsked = false

  init(passphrase: SecretBytes?) { self.passphrase = passphrase }

  /// pem_password_cb(3): copies at most `size` bytes and returns how many; -1 is a failure.
  static let give:
    @convention(c) (
      UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
    ) -> Int32 = { buffer, size, _, context in
      guard let buffer = unsafe buffer, let context = unsafe context else { return -1 }
      let answer = unsafe context.assumingMemoryBound(to: PassphraseAnswer.self)
      unsafe answer.pointee.wasAsked = true
      guard let passphrase = unsafe answer.pointee.passphrase, passphrase.count <= Int(size) else {
        return -1
      }
      unsafe passphrase.withUnsafePointer { bytes in
        unsafe UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)).copyMemory(
          from: bytes)
      }
      return Int32(passphrase.count)
    }
}
