// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// A PKCS #12 file (RFC 7292) with one RSA key and its certificate, as WeChat Pay's
/// `apiclient_cert.p12` is.
package struct PKCS12: Sendable {
  package let certificate: Certificate
  package let privateKey: RSAPrivateKey

  /// - Parameters:
  ///   - der: the file.
  ///   - password: for `apiclient_cert.p12` the merchant id.
  /// - Throws: `CryptographyError`: `malformedPKCS12`, `wrongPassphrase`, `notRSA`, `keyTooShort`.
  package init(der: SecretBytes, password: SecretBytes) throws(CryptographyError) {
    let (key, certificate) = try KeyMemory.within { () throws(CryptographyError) in
      try Self.open(der, password)
    }
    privateKey = try RSAPrivateKey(handle: key)
    self.certificate = try Certificate(handle: certificate)
  }

  private static func open(
    _ der: SecretBytes, _ password: SecretBytes
  ) throws(CryptographyError) -> (KeyHandle, CertificateHandle) {
    OpenSSLErrors.queue.clear()
    var key: OpaquePointer?
    var certificate: OpaquePointer?
    let outcome = unsafe der.withUnsafePointer { der in
      unsafe password.withUnsafePointer { password in
        unsafe copenssl_open_pkcs12(
          der.baseAddress?.assumingMemoryBound(to: UInt8.self), der.count,
          password.baseAddress?.assumingMemoryBound(to: CChar.self), &key, &certificate)
      }
    }
    // Owned from here on, whatever is wrong with the other.
    let certificateHandle = unsafe certificate.map {
      unsafe CertificateHandle(takingOwnershipOf: $0)
    }
    let keyHandle: KeyHandle? =
      if let key = unsafe key { try unsafe KeyHandle(takingOwnershipOf: key) } else { nil }
    switch outcome {
    case 1: break
    case -1:
      throw CryptographyError(
        .wrongPassphrase, "the password does not open the PKCS #12 file", draining: .queue)
    default:
      throw CryptographyError(
        .malformedPKCS12, "this is not a PKCS #12 file", draining: .queue)
    }
    OpenSSLErrors.queue.clear()
    guard let keyHandle else {
      throw CryptographyError(.malformedPKCS12, "the PKCS #12 file holds no private key")
    }
    guard let certificateHandle else {
      throw CryptographyError(.malformedPKCS12, "the PKCS #12 file holds no certificate of its key")
    }
    return (keyHandle, certificateHandle)
  }
}
