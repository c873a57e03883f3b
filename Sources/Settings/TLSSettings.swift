// SPDX-License-Identifier: Apache-2.0

/// `server.tls`.
package struct TLSSettings: Sendable, Hashable {
  /// PEM: the server's certificate, then those between it and its root.
  package var certificate: SecretReference
  /// PEM.
  package var privateKey: SecretReference
  /// PEM: the authorities whose certificates callers must show; nil: callers need none.
  package var clientCA: SecretReference?
}

extension TLSSettings {
  enum Keys {
    static let certificate = RequiredKey(
      "certificate", .secret(.document),
      "The server's certificate in PEM, followed by those between it and its root.")
    static let privateKey = RequiredKey(
      "private_key", .secret(.privateKey), "Its private key in PEM; readable by the owner only.")
    static let clientCA = OptionalKey(
      "client_ca", .secret(.document),
      "Certificates in PEM of the authorities that callers' certificates must come from.")
  }

  private static let section = SectionDefinition(
    "server.tls", "HTTPS for callers.",
    keys: [Keys.certificate.definition, Keys.privateKey.definition, Keys.clientCA.definition])

  static let type = ValueType<TLSSettings>(
    "a table with certificate, private_key and optionally client_ca", table: section,
    read: { node, keyPath, findings in
      let reader = SectionReader(node, at: keyPath, section, findings: findings)
      let certificate = reader.value(Keys.certificate)
      let privateKey = reader.value(Keys.privateKey)
      let clientCA = reader.value(Keys.clientCA)
      guard let certificate, let privateKey else { return nil }
      return TLSSettings(certificate: certificate, privateKey: privateKey, clientCA: clientCA)
    }, write: { _ in "" })
}
