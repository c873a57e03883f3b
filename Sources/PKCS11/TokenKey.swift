// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import Cryptography

/// An RSA private key that stays in a token, which signs with it.
package final class TokenKey: SigningKey {
  private let tokens: Tokens
  private let reference: TokenKeyReference
  private let failure = Guarded<TokenError?>(nil)

  /// Source: RFC 8017, section 9.2, note 1: what stands before a SHA-256 digest in a DigestInfo.
  private static let sha256Prefix: [UInt8] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
  ]

  /// Finds the key and signs once with it, to see that it can. Blocks for up to the timeout of
  /// `tokens`.
  ///
  /// - Parameters:
  ///   - uri: of the key (RFC 7512), without a PIN.
  ///   - pin: the user PIN of its token; `nil`: the token is used without logging in.
  ///   - publicKey: of the certificate that belongs to the key.
  package init(
    uri: String, pin: SecretBytes?, publicKey: RSAPublicKey, in tokens: Tokens
  ) throws(TokenError) {
    self.tokens = tokens
    reference = TokenKeyReference(uri: try TokenURI(uri), pin: pin, publicKey: publicKey)
    let signature = try tokens.signBlocking(Self.digestInfo(of: []), with: reference)
    try check(signature, of: [])
  }

  package var problem: String? { failure.withLock { $0?.detail } }

  package func signature(of message: [UInt8]) async throws(SigningFailure) -> [UInt8] {
    do throws(TokenError) {
      let signature = try await tokens.sign(Self.digestInfo(of: message), with: reference)
      try check(signature, of: message)
      failure.withLock { $0 = nil }
      return signature
    } catch {
      guard error.code != .busy else { throw SigningFailure(.busy, error.detail) }
      failure.withLock { $0 = error }
      throw SigningFailure(.unavailable, error.detail)
    }
  }

  /// A token that signs wrongly must not make WeChat Pay count wrong signatures.
  private func check(_ signature: [UInt8], of message: [UInt8]) throws(TokenError) {
    guard reference.publicKey.isValid(signature: signature, for: message) else {
      throw TokenError(.failed, "the token made a wrong signature")
    }
  }

  private static func digestInfo(of message: [UInt8]) -> [UInt8] {
    sha256Prefix + SHA256.hash(message)
  }
}
