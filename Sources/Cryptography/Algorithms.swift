// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// What is fetched from OpenSSL's providers once and shared.
///
/// EVP_MD_fetch(3), EVP_CIPHER_fetch(3): fetching per call is the expensive part of OpenSSL 3.0;
/// the objects are immutable and reference counted. They live as long as the process.
@safe
struct Algorithms: @unchecked Sendable {
  // Sendable: both objects are immutable.
  let sha256: OpaquePointer?
  let aes256GCM: OpaquePointer?

  static let shared = Algorithms()

  private init() {
    // Without a provider that has it, the built-in description fetches by name at each use.
    unsafe sha256 = EVP_MD_fetch(nil, "SHA256", nil) ?? EVP_sha256()
    unsafe aes256GCM = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil) ?? EVP_aes_256_gcm()
    OpenSSLErrors.queue.clear()
  }
}
