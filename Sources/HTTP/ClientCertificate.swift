// SPDX-License-Identifier: Apache-2.0

/// The certificate that a client showed in the TLS handshake and the listener has verified.
package struct ClientCertificate: Sendable, Equatable {
  /// A subject alternative name (RFC 5280, 4.2.1.6) of a kind that names a service.
  package enum AlternativeName: Sendable, Hashable {
    /// Compared without case, never as a pattern.
    case dns(String)
    case uri(String)
    case email(String)
  }

  package var subject: DistinguishedName
  package var names: [AlternativeName]
  /// SHA-256 of the certificate in DER, 32 bytes.
  package var digest: [UInt8]

  package init(subject: DistinguishedName, names: [AlternativeName] = [], digest: [UInt8] = []) {
    self.subject = subject
    self.names = names
    self.digest = digest
  }
}

/// What a certificate must say to be a caller's, as `gateway.conf` writes it: `CN=coupon-service`,
/// `dns:NAME`, `uri:URI`, `email:ADDRESS` or `sha256:HEX`.
package struct CertificateRule: Sendable, Hashable, CustomStringConvertible {
  private enum Kind: Sendable, Hashable {
    /// Every attribute is in the subject, which may have more.
    case subject(DistinguishedName)
    case name(ClientCertificate.AlternativeName)
    case digest([UInt8])
  }

  private let kind: Kind
  /// As it was written.
  package let description: String

  /// `nil` when the text is none of these forms.
  package init?(_ text: String) {
    func rest(after prefix: String) -> String? {
      guard text.hasPrefix(prefix), text.utf8.count > prefix.utf8.count else { return nil }
      return String(text.dropFirst(prefix.count))
    }
    if let name = rest(after: "dns:") {
      kind = .name(.dns(name.lowercased()))
    } else if let uri = rest(after: "uri:") {
      kind = .name(.uri(uri))
    } else if let address = rest(after: "email:") {
      kind = .name(.email(address))
    } else if let digits = rest(after: "sha256:") {
      guard let digest = digestBytes(hexadecimal: digits) else { return nil }
      kind = .digest(digest)
    } else {
      guard let subject = DistinguishedName(text), !subject.attributes.isEmpty else { return nil }
      kind = .subject(subject)
    }
    description = text
  }

  package func accepts(_ certificate: ClientCertificate) -> Bool {
    switch kind {
    case .subject(let subject): subject.attributes.isSubset(of: certificate.subject.attributes)
    case .name(let name): certificate.names.contains(name)
    case .digest(let digest): certificate.digest == digest
    }
  }
}

/// 32 bytes of 64 hexadecimal digits, which may stand in pairs with colons, as `openssl x509
/// -fingerprint` prints them.
private func digestBytes(hexadecimal text: String) -> [UInt8]? {
  let digits = text.utf8.filter { $0 != UInt8(ascii: ":") }.map(hexadecimalDigit)
  guard digits.count == 64, !digits.contains(nil) else { return nil }
  let values = digits.compactMap(\.self)
  return stride(from: 0, to: 64, by: 2).map { values[$0] << 4 | values[$0 + 1] }
}

/// The value of an ASCII digit of either case; `nil` for anything else.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}
