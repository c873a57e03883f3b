// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// The one owner of an `EVP_PKEY`: an RSA key of at least 2048 bits.
@safe
final class KeyHandle: @unchecked Sendable {
  // Sendable: after `init` the key is only read. openssl-threads(7): "Objects are thread-safe as
  // long as the API's being invoked don't modify the object"; what signing caches in a key (its
  // blinding) has a lock of its own.
  private let key: OpaquePointer

  /// - Throws: `notRSA` or `keyTooShort`; the key is freed then too.
  init(takingOwnershipOf key: OpaquePointer) throws(CryptographyError) {
    unsafe self.key = key
    guard unsafe copenssl_is_rsa(key) == 1 else {
      throw CryptographyError(.notRSA, "the key is not an RSA key; WeChat Pay uses RSA keys only")
    }
    guard bits >= 2048 else {
      throw CryptographyError(
        .keyTooShort, "the RSA key has \(bits) bits; WeChat Pay uses keys of 2048 bits or more")
    }
  }

  deinit { unsafe EVP_PKEY_free(key) }

  var bits: Int { Int(unsafe EVP_PKEY_get_bits(key)) }

  /// Bytes in a signature.
  var signatureByteCount: Int { Int(unsafe EVP_PKEY_get_size(key)) }

  var modulus: [UInt8] {
    var number: OpaquePointer?
    // OSSL_PKEY_PARAM_RSA_N
    guard unsafe EVP_PKEY_get_bn_param(key, "n", &number) == 1 else {
      OpenSSLErrors.queue.clear()
      return []
    }
    defer { unsafe BN_free(number) }
    var bytes = [UInt8](repeating: 0, count: (Int(unsafe BN_num_bits(number)) + 7) / 8)
    unsafe BN_bn2bin(number, &bytes)
    return bytes
  }

  /// Lends the key; it must not be kept.
  func withUnsafeKey<Result, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(key)
  }

  /// Whether both have the same public part.
  func matches(_ other: KeyHandle) -> Bool {
    let areEqual = unsafe EVP_PKEY_eq(key, other.key) == 1
    OpenSSLErrors.queue.clear()
    return areEqual
  }

  /// Reads `BEGIN PUBLIC KEY` (SubjectPublicKeyInfo).
  convenience init(publicPEM pem: [UInt8]) throws(CryptographyError) {
    OpenSSLErrors.queue.clear()
    if let key = unsafe copenssl_decode_rsa(pem, pem.count, 0) {
      try unsafe self.init(takingOwnershipOf: key)
      return
    }
    // Not an RSA key, or none at all.
    OpenSSLErrors.queue.clear()
    let source = try MemoryBIO(reading: pem)
    // A public key is not encrypted; the callback keeps a crafted file from asking on the terminal.
    guard let key = unsafe PEM_read_bio_PUBKEY(source.bio, nil, refusePassphrase, nil) else {
      throw CryptographyError(
        .malformedKey, "this is not a public key in PEM form (BEGIN PUBLIC KEY)", draining: .queue)
    }
    try unsafe self.init(takingOwnershipOf: key)
  }
}

/// A BIO on memory.
@safe
struct MemoryBIO: ~Copyable {
  let bio: OpaquePointer?

  /// For writing.
  init() throws(CryptographyError) {
    unsafe bio = BIO_new(BIO_s_mem())
    guard unsafe bio != nil else { throw Self.failure }
  }

  /// For reading; the bytes are copied.
  init(reading bytes: [UInt8]) throws(CryptographyError) {
    unsafe bio = BIO_new(BIO_s_mem())
    let count = Int32(exactly: bytes.count)
    guard let count, unsafe count == 0 || BIO_write(bio, bytes, count) == count else {
      throw Self.failure
    }
  }

  /// For reading bytes that stay the caller's and must outlive it: BIO_new_mem_buf(3) copies nothing.
  init(borrowing bytes: UnsafeRawBufferPointer) throws(CryptographyError) {
    unsafe bio = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
    guard unsafe bio != nil else { throw Self.failure }
  }

  // BUF_MEM_new(3): "The data is zeroed before freeing in case the buffer contains sensitive data."
  deinit { unsafe BIO_free_all(bio) }

  /// What was written and not read.
  var bytes: [UInt8] {
    var start: UnsafeMutablePointer<CChar>?
    let count = unsafe copenssl_bio_bytes(bio, &start)
    guard let start = unsafe start, count > 0 else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }

  private static var failure: CryptographyError {
    CryptographyError(.unavailable, "OpenSSL cannot hold the bytes in memory", draining: .queue)
  }
}

/// A passphrase callback that has none. Without a callback OpenSSL would ask on the terminal.
let refusePassphrase:
  @convention(c) (
    UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
  ) -> Int32 = { _, _, _, _ in -1 }
