// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Synchronization

/// A digest context prepared for RSASSA-PKCS1-v1_5 with SHA-256 and one key, of which every
/// signature takes a copy.
///
/// Preparing looks algorithms up by name; copying does not, and is a fifth of the cost of a
/// verification cheaper.
@safe
final class SignatureTemplate: @unchecked Sendable {
  // Sendable: after `init` the context is only read, by EVP_MD_CTX_copy_ex(3), whose source is
  // const.
  private let context: OpaquePointer?
  /// Whether a copy of it made a signature.
  let wasUsed = Atomic(false)

  convenience init(signingWith key: KeyHandle) throws(CryptographyError) {
    try unsafe self.init { context in
      unsafe key.withUnsafeKey { key in
        unsafe EVP_DigestSignInit(context, nil, Algorithms.shared.sha256, nil, key)
      }
    }
  }

  convenience init(verifyingWith key: KeyHandle) throws(CryptographyError) {
    try unsafe self.init { context in
      unsafe key.withUnsafeKey { key in
        unsafe EVP_DigestVerifyInit(context, nil, Algorithms.shared.sha256, nil, key)
      }
    }
  }

  private init(_ start: (OpaquePointer?) -> Int32) throws(CryptographyError) {
    OpenSSLErrors.queue.clear()
    unsafe context = EVP_MD_CTX_new()
    // PKCS #1 v1.5 is the default padding of RSA keys: EVP_PKEY_CTX_set_rsa_padding(3).
    guard unsafe context != nil, unsafe start(context) == 1 else {
      throw CryptographyError(.unavailable, "a signature cannot be prepared", draining: .queue)
    }
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// A context for one signature.
  func copy() throws(CryptographyError) -> SignatureContext {
    let copy = SignatureContext()
    guard unsafe copy.context != nil, unsafe EVP_MD_CTX_copy_ex(copy.context, context) == 1 else {
      throw CryptographyError(.unavailable, "a signature cannot be started", draining: .queue)
    }
    return copy
  }
}

/// A digest context for one signature.
@safe
struct SignatureContext: ~Copyable {
  let context: OpaquePointer?

  init() { unsafe context = EVP_MD_CTX_new() }

  deinit { unsafe EVP_MD_CTX_free(context) }
}
