// SPDX-License-Identifier: Apache-2.0
internal import CGnuTLS

/// A server's certificate and key, and whose certificates its clients must show.
///
/// Never changes: a renewed certificate is a new object, which connections get from then on.
package final class TLSCredentials: Sendable {
  /// GnuTLS only reads credentials once they are set up ("thread safety" in its manual), and they
  /// are freed once.
  @safe struct Handle: @unchecked Sendable {
    let pointer: gnutls_certificate_credentials_t
  }

  let handle: Handle
  /// Whether clients must show a certificate.
  package let asksForCertificates: Bool
  /// When the server's certificate expires, in seconds since 1970.
  package let expiry: Int64
  /// When the first of the clients' authorities expires; `nil` without any.
  package let authorityExpiry: Int64?

  /// Versions and algorithms: TLS 1.3 and 1.2, forward secrecy and authenticated encryption only;
  /// no finite-field Diffie-Hellman, which costs a server far more than its client.
  static let priorities =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"
    + ":-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD"
    + ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:%SERVER_PRECEDENCE"

  /// Checks all of it.
  ///
  /// - Parameters:
  ///   - certificateChain: PEM: the server's certificate, then those between it and its root.
  ///   - privateKey: PEM: PKCS #8, PKCS #1 or SEC 1, not encrypted.
  ///   - clientAuthorities: PEM; `nil` when clients need no certificate.
  package init(
    certificateChain: [UInt8], privateKey: [UInt8], clientAuthorities: [UInt8]? = nil
  ) throws(TLSMistake) {
    let chain = try CertificateList(pem: certificateChain, part: .certificate)
    let key = try PrivateKey(pem: privateKey)
    var pointer: gnutls_certificate_credentials_t?
    let allocated = unsafe gnutls_certificate_allocate_credentials(&pointer)
    guard allocated == GNUTLS_E_SUCCESS, let pointer = unsafe pointer else {
      throw TLSMistake(.certificate, "cannot be set up", code: allocated)
    }
    let set = unsafe gnutls_certificate_set_x509_key(
      pointer, chain.pointer, Int32(chain.count), key.pointer)
    var trusted: Int32 = 0
    if let clientAuthorities, set == GNUTLS_E_SUCCESS {
      trusted = unsafe withDatum(clientAuthorities) {
        unsafe gnutls_certificate_set_x509_trust_mem(pointer, $0, GNUTLS_X509_FMT_PEM)
      }
    }
    do throws(TLSMistake) {
      guard set == GNUTLS_E_SUCCESS else { throw TLSMistake(settingKey: set) }
      guard trusted >= 0 else {
        throw TLSMistake(.clientAuthorities, "is not a list of certificates in PEM", code: trusted)
      }
      if let clientAuthorities {
        let list = try CertificateList(pem: clientAuthorities, part: .clientAuthorities)
        authorityExpiry = list.expiries.min()
      } else {
        authorityExpiry = nil
      }
    } catch {
      unsafe gnutls_certificate_free_credentials(pointer)
      throw error
    }
    unsafe handle = Handle(pointer: pointer)
    asksForCertificates = clientAuthorities != nil
    expiry = chain.expiries.first ?? 0
  }

  deinit { unsafe gnutls_certificate_free_credentials(handle.pointer) }
}

/// What is wrong with one part of a server's credentials. Never holds any of them.
package struct TLSMistake: Error, Sendable, Equatable {
  package enum Part: Sendable, Equatable { case certificate, privateKey, clientAuthorities }

  package let part: Part
  /// Completes "the certificate …".
  package let message: String
  package let remedy: String

  init(_ part: Part, _ message: String, remedy: String = "") {
    self.part = part
    self.message = message
    self.remedy = remedy
  }

  init(_ part: Part, _ message: String, code: Int32) {
    let why = unsafe gnutls_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    self.init(part, "\(message): \(why)")
  }

  fileprivate init(settingKey code: Int32) {
    switch code {
    case GNUTLS_E_CERTIFICATE_KEY_MISMATCH:
      self.init(
        .privateKey, "is not the key of the certificate",
        remedy: "name the key that the certificate was requested with")
    default: self.init(.certificate, "cannot be used with its key", code: code)
    }
  }
}

/// Certificates as GnuTLS holds them: never copied, freed once.
@safe private struct CertificateList: ~Copyable {
  let pointer: UnsafeMutablePointer<gnutls_x509_crt_t?>?
  let count: UInt32

  init(pem: [UInt8], part: TLSMistake.Part) throws(TLSMistake) {
    var list: UnsafeMutablePointer<gnutls_x509_crt_t?>?
    var count: UInt32 = 0
    let result = unsafe withDatum(pem) {
      unsafe gnutls_x509_crt_list_import2(&list, &count, $0, GNUTLS_X509_FMT_PEM, 0)
    }
    unsafe pointer = list
    self.count = result < 0 ? 0 : count
    guard result >= 0 else {
      throw TLSMistake(part, "is not a list of certificates in PEM", code: result)
    }
  }

  deinit {
    for index in 0..<Int(count) { unsafe gnutls_x509_crt_deinit(pointer?[index]) }
    unsafe cgnutls_free(pointer)
  }

  /// When each of them expires, in seconds since 1970.
  var expiries: [Int64] {
    var times: [Int64] = []
    for index in 0..<Int(count) {
      times.append(unsafe Int64(gnutls_x509_crt_get_expiration_time(pointer?[index])))
    }
    return times
  }
}

/// A private key as GnuTLS holds it: never copied, freed once.
@safe private struct PrivateKey: ~Copyable {
  let pointer: gnutls_x509_privkey_t?

  init(pem: [UInt8]) throws(TLSMistake) {
    var key: gnutls_x509_privkey_t?
    let made = unsafe gnutls_x509_privkey_init(&key)
    unsafe pointer = key
    guard made == GNUTLS_E_SUCCESS else {
      throw TLSMistake(.privateKey, "cannot be set up", code: made)
    }
    let result = unsafe withDatum(pem) {
      unsafe gnutls_x509_privkey_import2(key, $0, GNUTLS_X509_FMT_PEM, nil, 0)
    }
    switch result {
    case GNUTLS_E_SUCCESS: break
    case GNUTLS_E_DECRYPTION_FAILED:
      throw TLSMistake(
        .privateKey, "is encrypted", remedy: "decrypt it: openssl pkey -in KEY -out NEW_KEY")
    default: throw TLSMistake(.privateKey, "is not a private key in PEM", code: result)
    }
  }

  deinit { unsafe gnutls_x509_privkey_deinit(pointer) }
}

/// Lends bytes to GnuTLS, which copies what it keeps.
private func withDatum(
  _ bytes: [UInt8], _ body: (UnsafePointer<gnutls_datum_t>) -> Int32
) -> Int32 {
  var bytes = bytes
  return unsafe bytes.withUnsafeMutableBufferPointer { buffer in
    var datum = unsafe gnutls_datum_t(data: buffer.baseAddress, size: UInt32(buffer.count))
    return unsafe body(&datum)
  }
}
