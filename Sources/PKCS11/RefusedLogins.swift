// SPDX-License-Identifier: Apache-2.0
internal import CP11Kit
internal import Concurrency
internal import Cryptography

/// PINs that tokens refused. None is tried twice, by whichever merchant: a token locks itself after a
/// few wrong ones. A new configuration begins anew.
final class RefusedLogins: Sendable {
  private struct Login: Hashable {
    let slot: CK_SLOT_ID
    let pinDigest: [UInt8]
  }

  private let refused = Guarded<[Login: TokenError]>([:])

  /// - Throws: what the token said when it refused this PIN.
  func check(_ slot: CK_SLOT_ID, _ pin: SecretBytes) throws(TokenError) {
    let login = Login(slot: slot, pinDigest: SHA256.hash(pin))
    if let error = refused.withLock({ $0[login] }) { throw error }
  }

  func note(_ slot: CK_SLOT_ID, _ pin: SecretBytes, _ error: TokenError) {
    let login = Login(slot: slot, pinDigest: SHA256.hash(pin))
    refused.withLock { $0[login] = error }
  }
}
