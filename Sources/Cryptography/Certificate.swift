// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// An X.509 certificate with an RSA key. May be used by several threads at once.
package struct Certificate: Sendable {
  let handle: CertificateHandle

  /// As WeChat Pay writes it: upper-case hexadecimal, two digits a byte.
  package let serialNumber: String
  /// First second of validity, Unix time.
  package let notBefore: Int64
  /// Last second of validity, Unix time.
  package let notAfter: Int64
  /// The last `CN` of the subject: for a merchant's certificate the merchant id. `nil` when there
  /// is none.
  package let subjectCommonName: String?
  /// The last `CN` of the issuer.
  package let issuerCommonName: String?
  /// The certified key.
  package let publicKey: RSAPublicKey

  /// Reads the first certificate in a PEM text; text before it, as `openssl x509 -text` writes, is
  /// skipped.
  ///
  /// Nothing is said about who issued it: a caller that needs a chain checks that itself.
  /// - Throws: `CryptographyError`: `malformedCertificate`, or `notRSA` and `keyTooShort` for its
  ///   key.
  package init(pem: [UInt8]) throws(CryptographyError) {
    try self.init(handle: CertificateHandle(pem: pem))
  }

  /// Checks that a PEM text begins with a certificate, whatever its key: an authority's may have
  /// another than RSA.
  /// - Throws: `CryptographyError.malformedCertificate`.
  package static func checkAuthority(pem: [UInt8]) throws(CryptographyError) {
    _ = try CertificateHandle(pem: pem)
  }

  init(handle: CertificateHandle) throws(CryptographyError) {
    self.handle = handle
    serialNumber = try handle.serialNumber()
    notBefore = try unsafe handle.unixTime(X509_get0_notBefore)
    notAfter = try unsafe handle.unixTime(X509_get0_notAfter)
    subjectCommonName = unsafe handle.commonName(X509_get_subject_name)
    issuerCommonName = unsafe handle.commonName(X509_get_issuer_name)
    publicKey = try handle.publicKey()
  }

  /// Whether the certificate is for this key.
  package func matches(_ privateKey: RSAPrivateKey) -> Bool {
    publicKey == privateKey.publicKey
  }

  /// Whether its signature was made by `issuer`'s key. Says nothing about validity or purpose.
  package func isSigned(by issuer: Certificate) -> Bool {
    handle.isSigned(by: issuer.publicKey.handle)
  }

  /// The certificate as `BEGIN CERTIFICATE`.
  package var pem: [UInt8] {
    get throws(CryptographyError) { try handle.pem() }
  }
}

/// The one owner of an `X509`.
@safe
final class CertificateHandle: @unchecked Sendable {
  // Sendable: after `init` the certificate is only read; OpenSSL locks what it caches inside.
  private let certificate: OpaquePointer

  init(takingOwnershipOf certificate: OpaquePointer) { unsafe self.certificate = certificate }

  convenience init(pem: [UInt8]) throws(CryptographyError) {
    OpenSSLErrors.queue.clear()
    let source = try MemoryBIO(reading: pem)
    guard let certificate = unsafe PEM_read_bio_X509(source.bio, nil, refusePassphrase, nil) else {
      throw CryptographyError(
        .malformedCertificate, "this is not a certificate in PEM form (BEGIN CERTIFICATE)",
        draining: .queue)
    }
    unsafe self.init(takingOwnershipOf: certificate)
  }

  deinit { unsafe X509_free(certificate) }

  /// Lends the certificate; it must not be kept.
  func withUnsafeCertificate<Result, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(certificate)
  }

  func serialNumber() throws(CryptographyError) -> String {
    OpenSSLErrors.queue.clear()
    guard let number = unsafe ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nil) else {
      throw malformed("its serial number cannot be read")
    }
    defer { unsafe BN_free(number) }
    // RFC 5280, section 4.1.2.2: a positive integer.
    guard unsafe BN_is_negative(number) == 0 else {
      throw malformed("its serial number is negative")
    }
    var bytes = [UInt8](repeating: 0, count: (Int(unsafe BN_num_bits(number)) + 7) / 8)
    unsafe BN_bn2bin(number, &bytes)
    return bytes.isEmpty ? "00" : Hexadecimal.uppercase(bytes)
  }

  func unixTime(
    _ field: (OpaquePointer?) -> UnsafePointer<ASN1_TIME>?
  ) throws(CryptographyError) -> Int64 {
    OpenSSLErrors.queue.clear()
    let epoch = unsafe ASN1_TIME_set(nil, 0)
    defer { unsafe ASN1_TIME_free(epoch) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard unsafe ASN1_TIME_diff(&days, &seconds, epoch, field(certificate)) == 1 else {
      throw malformed("its validity cannot be read")
    }
    return Int64(days) * 86_400 + Int64(seconds)
  }

  func commonName(_ field: (OpaquePointer?) -> OpaquePointer?) -> String? {
    OpenSSLErrors.queue.clear()
    let name = unsafe field(certificate)
    var last: Int32 = -1
    while true {
      let next = unsafe X509_NAME_get_index_by_NID(name, NID_commonName, last)
      guard next >= 0 else { break }
      last = next
    }
    guard last >= 0 else { return nil }
    let value = unsafe X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last))
    var text: UnsafeMutablePointer<UInt8>?
    let count = unsafe ASN1_STRING_to_UTF8(&text, value)
    guard count >= 0, let text = unsafe text else {
      OpenSSLErrors.queue.clear()
      return nil
    }
    defer { unsafe copenssl_free(text) }
    return unsafe String(
      validating: UnsafeBufferPointer(start: text, count: Int(count)), as: UTF8.self)
  }

  func publicKey() throws(CryptographyError) -> RSAPublicKey {
    OpenSSLErrors.queue.clear()
    // X509_get_pubkey(3): the reference is the caller's.
    guard let key = unsafe X509_get_pubkey(certificate) else {
      throw malformed("its public key cannot be read")
    }
    return try unsafe RSAPublicKey(handle: KeyHandle(takingOwnershipOf: key))
  }

  func isSigned(by key: KeyHandle) -> Bool {
    let isSigned = unsafe key.withUnsafeKey { key in unsafe X509_verify(certificate, key) == 1 }
    OpenSSLErrors.queue.clear()
    return isSigned
  }

  func pem() throws(CryptographyError) -> [UInt8] {
    OpenSSLErrors.queue.clear()
    let memory = try MemoryBIO()
    guard unsafe PEM_write_bio_X509(memory.bio, certificate) == 1 else {
      throw CryptographyError(.unavailable, "the certificate cannot be written", draining: .queue)
    }
    return memory.bytes
  }

  private func malformed(_ what: String) -> CryptographyError {
    CryptographyError(.malformedCertificate, what, draining: .queue)
  }
}
