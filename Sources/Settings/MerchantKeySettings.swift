// SPDX-License-Identifier: Apache-2.0

/// Where the API certificate of a merchant and its private key are kept.
package enum MerchantKeySettings: Sendable, Hashable {
  /// Two PEM files.
  ///
  /// - Parameter passphrase: nil: the key is not encrypted.
  case pem(
    certificate: SecretReference, privateKey: SecretReference, passphrase: SecretReference?)
  /// One PKCS #12 file that holds both.
  ///
  /// - Parameter password: nil: the merchant id, as WeChat Pay has it.
  case pkcs12(SecretReference, password: SecretReference?)
  /// A certificate in PEM, and a key that stays in a token.
  ///
  /// - Parameters:
  ///   - key: its PKCS #11 URI (RFC 7512).
  ///   - pin: nil: the token is used without logging in.
  case token(certificate: SecretReference, key: String, pin: SecretReference?)

  /// Every file and variable it is read from.
  package var references: [SecretReference] {
    switch self {
    case .pem(let certificate, let privateKey, let passphrase):
      [certificate, privateKey, passphrase].compactMap(\.self)
    case .pkcs12(let file, let password): [file, password].compactMap(\.self)
    case .token(let certificate, _, let pin): [certificate, pin].compactMap(\.self)
    }
  }
}

extension MerchantKeySettings {
  enum Keys {
    static let certificate = OptionalKey(
      "certificate", .secret(.document),
      """
      The merchant API certificate in PEM, apiclient_cert.pem. Its serial number is read from it. \
      Required, unless there is a pkcs12.
      """)
    static let privateKey = OptionalKey(
      "private_key", .privateKeyPlace,
      """
      The key of that certificate: a file in PEM, apiclient_key.pem (PKCS #8 or PKCS #1, encrypted or \
      not), that its owner only can read; or "pkcs11:…", the URI of a key that stays in a token (RFC \
      7512), for which [pkcs11] names the library. Required, unless there is a pkcs12.
      """)
    static let passphrase = OptionalKey(
      "private_key_passphrase", .secret(.passphrase),
      """
      What opens private_key: the passphrase of an encrypted file, or the user PIN of the token.
      """)
    static let pkcs12 = OptionalKey(
      "pkcs12", .secret(.privateKey),
      """
      apiclient_cert.p12, which holds the certificate and the key, instead of certificate and \
      private_key; its owner only can read it.
      """)
    static let pkcs12Password = OptionalKey(
      "pkcs12_password", .secret(.passphrase),
      "The password of that file. Absent: the merchant's number, as WeChat Pay hands it out.")

    static let definitions = [
      certificate.definition, privateKey.definition, passphrase.definition, pkcs12.definition,
      pkcs12Password.definition,
    ]
  }

  /// nil when something is missing or wrong, which is reported.
  init?(_ section: SectionReader) {
    let certificate = section.value(Keys.certificate)
    let privateKey = section.value(Keys.privateKey)
    let passphrase = section.value(Keys.passphrase)
    let pkcs12 = section.value(Keys.pkcs12)
    let password = section.value(Keys.pkcs12Password)
    if section.node("pkcs12") != nil {
      for name in ["certificate", "private_key", "private_key_passphrase"]
      where section.node(name) != nil {
        section.findings.mistake(
          section.keyPath(name), at: section.place(of: name), "stands beside pkcs12",
          remedy: name == "private_key_passphrase"
            ? "write pkcs12_password instead" : "remove one of them: a pkcs12 holds both")
      }
      guard let pkcs12 else { return nil }
      self = .pkcs12(pkcs12, password: password)
      return
    }
    if section.node("pkcs12_password") != nil {
      section.findings.mistake(
        section.keyPath("pkcs12_password"), at: section.place(of: "pkcs12_password"),
        "stands without a pkcs12",
        remedy: "write private_key_passphrase for a key in PEM, or add a pkcs12")
    }
    for (key, words) in [
      (Keys.certificate.definition, Keys.certificate.type.words),
      (Keys.privateKey.definition, Keys.privateKey.type.words),
    ] where section.node(key.name) == nil {
      section.findings.mistake(
        section.keyPath(key.name), at: section.place, "is missing",
        remedy: "write \(key.name) = …, \(words)")
    }
    guard let certificate, let privateKey else { return nil }
    self =
      switch privateKey {
      case .file(let reference):
        .pem(certificate: certificate, privateKey: reference, passphrase: passphrase)
      case .token(let uri): .token(certificate: certificate, key: uri, pin: passphrase)
      }
  }
}

/// What `private_key` says.
enum PrivateKeyPlace: Sendable {
  case file(SecretReference)
  /// A PKCS #11 URI.
  case token(uri: String)

  var reference: SecretReference? {
    if case .file(let reference) = self { reference } else { nil }
  }
}

extension ValueType where Value == PrivateKeyPlace {
  static let privateKeyPlace = ValueType.string(
    "\"file:PATH\", \"env:NAME\" or \"pkcs11:URI\"",
    parse: { text, keyPath, place, findings in
      guard text.hasPrefix("pkcs11:") else {
        return ValueType<SecretReference>.secret(.privateKey).read(
          TOMLNode(value: .string(text), place: place), keyPath, findings
        ).map(PrivateKeyPlace.file)
      }
      // Source: RFC 7512, section 2.3: two attributes that hold the PIN or lead to it.
      for attribute in ["pin-value", "pin-source"] where text.contains(attribute) {
        findings.mistake(
          keyPath, at: place, "holds \(attribute); a PIN must not be written into this file",
          remedy: "remove it and write private_key_passphrase = \"file:PATH\" or \"env:NAME\"")
        return nil
      }
      return .token(uri: text)
    },
    write: { place in
      switch place {
      case .file(let reference): tomlString("\(reference)")
      case .token(let uri): tomlString(uri)
      }
    })
}
