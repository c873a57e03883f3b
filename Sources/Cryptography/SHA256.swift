// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// SHA-256 (FIPS 180-4), in one call or piece by piece.
@safe
package struct SHA256: ~Copyable {
  /// Bytes in a digest.
  package static let byteCount = 32

  /// The digest of `bytes`: 32 bytes.
  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    unsafe bytes.withUnsafeBytes { bytes in unsafe hash(bytes) }
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { digest, count in
      let done = unsafe EVP_Digest(
        bytes.baseAddress, bytes.count, digest.baseAddress, nil, Algorithms.shared.sha256, nil)
      precondition(done == 1, "SHA-256 of memory failed: \(OpenSSLErrors.queue.drain())")
      count = byteCount
    }
  }

  /// The digest of a secret: 32 bytes.
  package static func hash(_ secret: SecretBytes) -> [UInt8] {
    unsafe secret.withUnsafePointer { bytes in unsafe hash(bytes) }
  }

  /// The digest of `bytes` as 64 lower-case hexadecimal digits.
  package static func hex(_ bytes: [UInt8]) -> String { Hexadecimal.lowercase(hash(bytes)) }

  private let context: OpaquePointer

  /// Starts a digest of nothing.
  package init() {
    // Allocation and starting fail when memory is exhausted only, which Swift does not survive
    // either.
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
    let done = unsafe EVP_DigestInit_ex2(context, Algorithms.shared.sha256, nil)
    precondition(done == 1, "SHA-256 cannot start: \(OpenSSLErrors.queue.drain())")
    unsafe self.context = context
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Adds bytes to what is digested.
  package mutating func update(_ bytes: [UInt8]) {
    let done = unsafe bytes.withUnsafeBytes { bytes in
      unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }
    precondition(done == 1, "SHA-256 of memory failed: \(OpenSSLErrors.queue.drain())")
  }

  /// Adds the UTF-8 of a text.
  package mutating func update(_ text: String) { update(Array(text.utf8)) }

  /// The digest of everything added: 32 bytes.
  package consuming func finalize() -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      let done = unsafe EVP_DigestFinal_ex(context, digest.baseAddress, nil)
      precondition(done == 1, "SHA-256 cannot end: \(OpenSSLErrors.queue.drain())")
      count = Self.byteCount
    }
  }
}
