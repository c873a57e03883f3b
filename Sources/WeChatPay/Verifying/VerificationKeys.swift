// SPDX-License-Identifier: Apache-2.0
package import Clocks
package import Cryptography
package import GatewayCore

/// What a merchant's answers may be signed with: a WeChat Pay public key, platform certificates, or
/// both during a migration.
package struct VerificationKeys: Sendable {
  private let publicKey: PublicKey?
  private let certificates: PlatformCertificates?

  package struct PublicKey: Sendable {
    /// `PUB_KEY_ID_…`
    package let id: SerialNumber
    package let key: RSAPublicKey

    package init(id: SerialNumber, key: RSAPublicKey) {
      self.id = id
      self.key = key
    }
  }

  /// - Parameter certificates: `nil` for a merchant without an APIv3 key, which cannot read them.
  package init(publicKey: PublicKey?, certificates: PlatformCertificates?) {
    self.publicKey = publicKey
    self.certificates = certificates
  }

  /// What `Wechatpay-Serial` of a request names: the public key when there is one, else the newest
  /// certificate, downloaded now when none is here yet.
  ///
  /// - Throws: `CertificateFailure` when there is nothing to verify an answer with before the
  ///   deadline.
  package func preferred(
    before deadline: Moment
  ) async throws(CertificateFailure) -> SerialNumber {
    if let publicKey { return publicKey.id }
    guard let certificates else { throw CertificateFailure(.notConfigured, "no key is configured") }
    if let newest = certificates.newestValid() { return newest }
    let downloaded = await result(before: deadline) { await certificates.newest() }
    guard let downloaded else {
      throw CertificateFailure(.unreachable, "the certificates did not come in time")
    }
    return try downloaded.get()
  }

  /// The key for a serial; an unknown one makes the certificates be downloaded once.
  /// - Returns: `nil` when there is none before the deadline.
  package func key(
    for serial: SerialNumber, before deadline: Moment
  ) async -> RSAPublicKey? {
    if let publicKey, publicKey.id == serial { return publicKey.key }
    guard let certificates else { return nil }
    if let known = certificates.certificate(serial) { return known.publicKey }
    return await result(before: deadline) { await certificates.key(for: serial) } ?? nil
  }

  /// Whether an answer could be verified right now.
  package var isReady: Bool { publicKey != nil || certificates?.isEmpty == false }

  package var publicKeyID: SerialNumber? { publicKey?.id }

  package var platformCertificates: PlatformCertificates? { certificates }
}
