// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import JSON

/// WeChat Pay's own keys: the platform certificates, the public key, and which of them signs.
final class Platform: Sendable {
  /// What signs the answers.
  enum SigningMode: String, Sendable, CaseIterable {
    case certificate
    case publicKey = "public_key"
    /// What the request's `Wechatpay-Serial` names; the certificate when there is none.
    case requested
    /// Certificate and public key in turn, as during a migration.
    case alternating
  }

  /// A platform certificate and its private key.
  struct Identity: Sendable {
    var certificate: Certificate
    var key: RSAPrivateKey
  }

  private struct State {
    /// Oldest first; none for a merchant that has only the public key.
    var identities: [Identity]
    var signingSerial: String?
    var mode: SigningMode
    var turns = 0
  }

  /// `nil`: WeChat Pay has no public key for these merchants.
  let publicKeySigner: Signer?
  private let state: Guarded<State>
  private let strangerKey: Guarded<RSAPrivateKey?>

  /// - Parameter strangerKey: a key for `stranger`; `nil`: one is made when it is needed.
  init(
    identities: [Identity], publicKey: Signer?, mode: SigningMode, strangerKey: RSAPrivateKey? = nil
  ) {
    publicKeySigner = publicKey
    self.strangerKey = Guarded(strangerKey)
    state = Guarded(
      State(
        identities: identities, signingSerial: identities.last?.certificate.serialNumber,
        mode: identities.isEmpty ? .publicKey : publicKey == nil ? .certificate : mode))
  }

  /// A key that nobody was told of, under a serial number that nobody has: it signs what must not
  /// verify.
  func stranger() throws(CryptographyError) -> Signer {
    let serial = "5157F09EFDC096DE15EBE81A47057A7200000000"
    if let key = strangerKey.withLock({ $0 }) { return Signer(serial: serial, key: key) }
    // Made outside the lock, since that takes long; the first one made stays.
    let fresh = try RSAPrivateKey.generate(bits: 2048)
    let key = strangerKey.withLock { kept in
      let first = kept ?? fresh
      kept = first
      return first
    }
    return Signer(serial: serial, key: key)
  }

  var identities: [Identity] { state.withLock { $0.identities } }

  var mode: SigningMode { state.withLock { $0.mode } }

  /// The serial number of the certificate that signs, if there is any.
  var signingSerial: String? { state.withLock { $0.signingSerial } }

  /// Whether a request may name this serial in `Wechatpay-Serial`.
  func knows(_ serial: String) -> Bool {
    if let publicKeySigner, publicKeySigner.serial == serial { return true }
    return state.withLock { $0.identities.contains { $0.certificate.serialNumber == serial } }
  }

  /// - Parameters:
  ///   - requested: the request's `Wechatpay-Serial`.
  ///   - forCertificates: the list of certificates is signed with one of them, unless the public
  ///     key is asked for.
  /// - Returns: `nil` when there is no key at all.
  func signer(requested: String?, forCertificates: Bool = false) -> Signer? {
    let choice = state.withLock { state -> (certificate: Signer?, usesPublicKey: Bool) in
      let wanted = state.identities.first { $0.certificate.serialNumber == requested }
      let current = state.identities.first { $0.certificate.serialNumber == state.signingSerial }
      let asksForPublicKey = requested != nil && requested == publicKeySigner?.serial
      if forCertificates { return (Self.signer(current), asksForPublicKey) }
      switch state.mode {
      case .certificate: return (Self.signer(current), false)
      case .publicKey: return (Self.signer(current), true)
      case .requested: return (Self.signer(wanted ?? current), asksForPublicKey)
      case .alternating:
        state.turns += 1
        return (Self.signer(current), state.turns % 2 == 0)
      }
    }
    if choice.usesPublicKey, let publicKeySigner { return publicKeySigner }
    return choice.certificate ?? publicKeySigner
  }

  private static func signer(_ identity: Identity?) -> Signer? {
    identity.map { Signer(serial: $0.certificate.serialNumber, key: $0.key) }
  }

  func setMode(_ mode: SigningMode) {
    state.withLock { $0.mode = mode }
  }

  /// Lets another certificate sign.
  ///
  /// - Returns: `false` when there is no certificate with this serial number.
  func sign(with serial: String) -> Bool {
    state.withLock { state in
      guard state.identities.contains(where: { $0.certificate.serialNumber == serial }) else {
        return false
      }
      state.signingSerial = serial
      return true
    }
  }

  /// Adds a certificate beside those that are there; it signs only after `sign(with:)`.
  func add(_ identity: Identity) {
    state.withLock { state in
      state.identities.append(identity)
      if state.signingSerial == nil { state.signingSerial = identity.certificate.serialNumber }
    }
  }

  /// Takes a certificate out of the list.
  ///
  /// - Returns: `false` when there is none with this serial number, or when it is the one that
  ///   signs.
  func retire(_ serial: String) -> Bool {
    state.withLock { state in
      guard serial != state.signingSerial,
        let index = state.identities.firstIndex(where: { $0.certificate.serialNumber == serial })
      else { return false }
      state.identities.remove(at: index)
      return true
    }
  }
}
