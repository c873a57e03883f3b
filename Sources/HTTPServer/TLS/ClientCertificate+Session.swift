// SPDX-License-Identifier: Apache-2.0
internal import CGnuTLS
package import HTTP

/// Why a client's certificate is not accepted, for the log.
struct RefusedCertificate: Error, Equatable {
  /// As the certificate states it; `nil` when it cannot be read.
  var subject: String?
  var reason: String
}

extension ClientCertificate {
  /// Verifies the certificate that the client of a session has just shown: its signatures up to one
  /// of the authorities, its time, and that it is one for clients (RFC 5280, 4.2.1.12).
  static func verified(of session: gnutls_session_t) -> Result<Self, RefusedCertificate> {
    guard let certificate = unsafe ShownCertificate(session), let found = certificate.read() else {
      return .failure(RefusedCertificate(subject: nil, reason: "it is not a certificate of X.509"))
    }
    var status: UInt32 = 0
    let result = unsafe "1.3.6.1.5.5.7.3.2".withCString { purpose in
      var data = unsafe gnutls_typed_vdata_st()
      unsafe data.type = GNUTLS_DT_KEY_PURPOSE_OID
      unsafe data.data = unsafe UnsafeMutablePointer(
        mutating: UnsafeRawPointer(purpose).assumingMemoryBound(to: UInt8.self))
      return unsafe gnutls_certificate_verify_peers(session, &data, 1, &status)
    }
    guard result == GNUTLS_E_SUCCESS, status == 0 else {
      return .failure(
        RefusedCertificate(
          subject: found.subject.description,
          reason: result == GNUTLS_E_SUCCESS ? words(of: status) : "it cannot be verified"))
    }
    return .success(found)
  }

  /// What a certificate in PEM says, the first of several; not verified. `nil` when it is none.
  package init?(pem: [UInt8]) {
    guard let certificate = ShownCertificate(pem: pem), let found = certificate.read() else {
      return nil
    }
    self = found
  }

  private static func words(of status: UInt32) -> String {
    var text = unsafe gnutls_datum_t()
    let result = unsafe gnutls_certificate_verification_status_print(
      status, GNUTLS_CRT_X509, &text, 0)
    guard result == GNUTLS_E_SUCCESS else { return "it cannot be verified" }
    defer { unsafe cgnutls_free(text.data) }
    return unsafe String(decoding: text.bytes, as: UTF8.self).trimmingSpaces
  }
}

/// A certificate that a client has shown, as GnuTLS holds it: never copied, freed once.
@safe private struct ShownCertificate: ~Copyable {
  private let pointer: gnutls_x509_crt_t

  init?(_ session: gnutls_session_t) {
    var count: UInt32 = 0
    guard let chain = unsafe gnutls_certificate_get_peers(session, &count), count > 0 else {
      return nil
    }
    guard let read = unsafe Self.read(chain, GNUTLS_X509_FMT_DER) else { return nil }
    unsafe pointer = read
  }

  init?(pem: [UInt8]) {
    var pem = pem
    let size = UInt32(pem.count)
    let read = unsafe pem.withUnsafeMutableBufferPointer { buffer -> gnutls_x509_crt_t? in
      var datum = unsafe gnutls_datum_t(data: buffer.baseAddress, size: size)
      return unsafe Self.read(&datum, GNUTLS_X509_FMT_PEM)
    }
    guard let read = unsafe read else { return nil }
    unsafe pointer = read
  }

  private static func read(
    _ bytes: UnsafePointer<gnutls_datum_t>, _ format: gnutls_x509_crt_fmt_t
  ) -> gnutls_x509_crt_t? {
    var made: gnutls_x509_crt_t?
    guard unsafe gnutls_x509_crt_init(&made) == GNUTLS_E_SUCCESS, let made = unsafe made else {
      return nil
    }
    guard unsafe gnutls_x509_crt_import(made, bytes, format) == GNUTLS_E_SUCCESS else {
      unsafe gnutls_x509_crt_deinit(made)
      return nil
    }
    return unsafe made
  }

  deinit { unsafe gnutls_x509_crt_deinit(pointer) }

  func read() -> ClientCertificate? {
    guard let subject = subject(), let digest = digest() else { return nil }
    return ClientCertificate(subject: subject, names: names(), digest: digest)
  }

  private func subject() -> DistinguishedName? {
    var text = unsafe gnutls_datum_t()
    switch unsafe gnutls_x509_crt_get_dn3(pointer, &text, 0) {
    case GNUTLS_E_SUCCESS:
      defer { unsafe cgnutls_free(text.data) }
      return DistinguishedName(unsafe String(decoding: text.bytes, as: UTF8.self))
    case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE: return DistinguishedName("")
    default: return nil
    }
  }

  private func names() -> [ClientCertificate.AlternativeName] {
    var names: [ClientCertificate.AlternativeName] = []
    for index in 0..<ShownCertificate.mostNames {
      var bytes = [UInt8](repeating: 0, count: 1024)
      var size = bytes.count
      let kind = unsafe gnutls_x509_crt_get_subject_alt_name(pointer, index, &bytes, &size, nil)
      if kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
      // Longer than any name of ours, or of a kind that names no service.
      guard kind >= 0 else { continue }
      let text = String(decoding: bytes[..<size], as: UTF8.self)
      // A zero byte would end the name for some programs and not for others.
      guard !bytes[..<size].contains(0) else { continue }
      switch kind {
      case Int32(GNUTLS_SAN_DNSNAME.rawValue): names.append(.dns(text.lowercased()))
      case Int32(GNUTLS_SAN_URI.rawValue): names.append(.uri(text))
      case Int32(GNUTLS_SAN_RFC822NAME.rawValue): names.append(.email(text))
      default: break
      }
    }
    return names
  }

  /// More alternative names of one certificate are not looked at.
  private static let mostNames: UInt32 = 64

  private func digest() -> [UInt8]? {
    var digest = [UInt8](repeating: 0, count: 32)
    var size = digest.count
    let result = unsafe gnutls_x509_crt_get_fingerprint(
      pointer, GNUTLS_DIG_SHA256, &digest, &size)
    return result == GNUTLS_E_SUCCESS && size == digest.count ? digest : nil
  }
}

extension gnutls_datum_t {
  fileprivate var bytes: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: data, count: Int(size))
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    let words = split(separator: " ")
    return words.joined(separator: " ")
  }
}
