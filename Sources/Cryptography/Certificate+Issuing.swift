// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// What a throw-away certificate says, for tests and the simulator.
package struct CertificateContents: Sendable {
  /// Another name of the subject.
  package enum AlternativeName: Sendable, Equatable {
    /// A host name, e.g. `localhost`.
    case dns(String)
    /// An address, e.g. `127.0.0.1` or `::1`.
    case ip(String)
  }

  /// `CN` of the subject.
  package var commonName: String
  /// `O` of the subject; `nil` for none.
  package var organization: String?
  /// Other names, which TLS clients check.
  package var alternativeNames: [AlternativeName]
  /// First second of validity, Unix time.
  package var notBefore: Int64
  /// Last second of validity, Unix time.
  package var notAfter: Int64
  /// Hexadecimal; `nil` for 20 random bytes, the first of them 0x40 to 0x7F.
  package var serialNumber: String?
  /// Whether the subject may issue certificates.
  package var isAuthority: Bool

  package init(
    commonName: String, organization: String? = nil, alternativeNames: [AlternativeName] = [],
    notBefore: Int64, notAfter: Int64, serialNumber: String? = nil, isAuthority: Bool = false
  ) {
    self.commonName = commonName
    self.organization = organization
    self.alternativeNames = alternativeNames
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.serialNumber = serialNumber
    self.isAuthority = isAuthority
  }
}

extension Certificate {
  /// Makes a certificate that its own key signed: an authority, or a certificate that stands alone.
  ///
  /// - Throws: `malformedCertificate` when the contents do not fit X.509.
  package static func selfSigned(
    _ contents: CertificateContents, key: RSAPrivateKey
  ) throws(CryptographyError) -> Certificate {
    try issue(contents, for: key.publicKey, by: nil, signingWith: key)
  }

  /// Makes a certificate for `publicKey`, signed with the key of `issuer`.
  ///
  /// - Throws: `malformedCertificate` when the contents do not fit X.509 or the key is not the
  ///   issuer's.
  package static func issue(
    _ contents: CertificateContents, for publicKey: RSAPublicKey, by issuer: Certificate,
    signingWith issuerKey: RSAPrivateKey
  ) throws(CryptographyError) -> Certificate {
    guard issuer.matches(issuerKey) else {
      throw CryptographyError(.malformedCertificate, "the signing key is not the issuer's")
    }
    return try issue(contents, for: publicKey, by: .some(issuer), signingWith: issuerKey)
  }

  private static func issue(
    _ contents: CertificateContents, for publicKey: RSAPublicKey, by issuer: Certificate?,
    signingWith key: RSAPrivateKey
  ) throws(CryptographyError) -> Certificate {
    OpenSSLErrors.queue.clear()
    let draft = try CertificateDraft()
    try draft.set(serialNumber: contents.serialNumber)
    try draft.set(notBefore: contents.notBefore, notAfter: contents.notAfter)
    try draft.set(commonName: contents.commonName, organization: contents.organization)
    try draft.set(issuer: issuer)
    try draft.set(publicKey: publicKey)
    // Order: the authority key identifier copies the issuer's subject key identifier.
    try draft.add(
      NID_basic_constraints, contents.isAuthority ? "critical,CA:TRUE" : "CA:FALSE", issuer)
    try draft.add(
      NID_key_usage,
      contents.isAuthority
        ? "critical,keyCertSign,cRLSign,digitalSignature"
        : "critical,digitalSignature,keyEncipherment", issuer)
    try draft.add(NID_subject_key_identifier, "hash", issuer)
    if issuer != nil { try draft.add(NID_authority_key_identifier, "keyid", issuer) }
    if !contents.alternativeNames.isEmpty {
      try draft.add(NID_subject_alt_name, try text(contents.alternativeNames), issuer)
    }
    return try Certificate(handle: try draft.signed(with: key))
  }

  /// The names in the form of x509v3_config(5), whose separators must not come from a name.
  private static func text(
    _ names: [CertificateContents.AlternativeName]
  ) throws(CryptographyError) -> String {
    var texts: [String] = []
    for name in names {
      let (kind, value) =
        switch name {
        case .dns(let value): ("DNS", value)
        case .ip(let value): ("IP", value)
        }
      guard !value.isEmpty,
        value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") })
      else {
        throw CryptographyError(
          .malformedCertificate, "an alternative name is not a host or address")
      }
      texts.append("\(kind):\(value)")
    }
    return texts.joined(separator: ",")
  }
}

/// A certificate that is being filled in.
@safe
private struct CertificateDraft: ~Copyable {
  private let certificate: OpaquePointer?

  init() throws(CryptographyError) {
    unsafe certificate = X509_new()
    // X509_set_version(3): 2 means version 3, which extensions need.
    guard unsafe certificate != nil, unsafe X509_set_version(certificate, 2) == 1 else {
      throw Self.failure("the version")
    }
  }

  deinit { unsafe X509_free(certificate) }

  func set(serialNumber: String?) throws(CryptographyError) {
    var bytes = SecureRandom.bytes(count: 20)
    bytes[0] = bytes[0] & 0x3F | 0x40
    if let serialNumber {
      guard let given = Hexadecimal.decode(serialNumber), !given.isEmpty else {
        throw Self.failure("the serial number")
      }
      bytes = given
    }
    let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil)
    defer { unsafe BN_free(number) }
    guard let field = unsafe X509_get_serialNumber(certificate),
      unsafe BN_to_ASN1_INTEGER(number, field) != nil
    else { throw Self.failure("the serial number") }
  }

  func set(notBefore: Int64, notAfter: Int64) throws(CryptographyError) {
    guard unsafe ASN1_TIME_set(X509_getm_notBefore(certificate), Int(notBefore)) != nil,
      unsafe ASN1_TIME_set(X509_getm_notAfter(certificate), Int(notAfter)) != nil
    else { throw Self.failure("the validity") }
  }

  func set(commonName: String, organization: String?) throws(CryptographyError) {
    let subject = unsafe X509_get_subject_name(certificate)
    if let organization { try unsafe Self.add("O", organization, to: subject) }
    try unsafe Self.add("CN", commonName, to: subject)
  }

  func set(issuer: Certificate?) throws(CryptographyError) {
    let done =
      if let issuer {
        unsafe issuer.handle.withUnsafeCertificate { issuer in
          unsafe X509_set_issuer_name(certificate, X509_get_subject_name(issuer))
        }
      } else {
        unsafe X509_set_issuer_name(certificate, X509_get_subject_name(certificate))
      }
    try Self.check(done, "the issuer")
  }

  func set(publicKey: RSAPublicKey) throws(CryptographyError) {
    let done = unsafe publicKey.handle.withUnsafeKey { key in
      unsafe X509_set_pubkey(certificate, key)
    }
    try Self.check(done, "the public key")
  }

  func add(
    _ extensionID: Int32, _ value: String, _ issuer: Certificate?
  ) throws(CryptographyError) {
    let made =
      if let issuer {
        unsafe issuer.handle.withUnsafeCertificate { issuer in
          unsafe Self.make(extensionID, value, issuer: issuer, subject: certificate)
        }
      } else {
        unsafe Self.make(extensionID, value, issuer: certificate, subject: certificate)
      }
    guard let made = unsafe made else { throw Self.failure("an extension") }
    defer { unsafe X509_EXTENSION_free(made) }
    try Self.check(unsafe X509_add_ext(certificate, made, -1), "an extension")
  }

  func signed(with key: RSAPrivateKey) throws(CryptographyError) -> CertificateHandle {
    let size = unsafe key.handle.withUnsafeKey { key in
      unsafe X509_sign(certificate, key, Algorithms.shared.sha256)
    }
    guard size > 0, let certificate = unsafe certificate, unsafe X509_up_ref(certificate) == 1
    else { throw Self.failure("the signature") }
    return unsafe CertificateHandle(takingOwnershipOf: certificate)
  }

  private static func make(
    _ extensionID: Int32, _ value: String, issuer: OpaquePointer?, subject: OpaquePointer?
  ) -> OpaquePointer? {
    var context = unsafe X509V3_CTX()
    unsafe X509V3_set_ctx(&context, issuer, subject, nil, nil, 0)
    return unsafe X509V3_EXT_conf_nid(nil, &context, extensionID, value)
  }

  private static func add(
    _ field: String, _ value: String, to name: OpaquePointer?
  ) throws(CryptographyError) {
    let bytes = Array(value.utf8)
    let done = unsafe X509_NAME_add_entry_by_txt(
      name, field, MBSTRING_UTF8, bytes, Int32(clamping: bytes.count), -1, 0)
    try check(done, "the subject's \(field)")
  }

  private static func check(_ done: Int32, _ what: String) throws(CryptographyError) {
    guard done == 1 else { throw failure(what) }
  }

  private static func failure(_ what: String) -> CryptographyError {
    CryptographyError(
      .malformedCertificate, "\(what) of a new certificate cannot be set", draining: .queue)
  }
}
