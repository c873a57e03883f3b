// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import PKCS11
internal import Settings

extension Findings {
  /// Reads a merchant's certificate and key, wherever they are kept.
  ///
  /// - Returns: `nil` when a mistake was found.
  mutating func readKey(
    of merchant: MerchantSettings, _ settings: GatewaySettings, _ tokens: Tokens?
  ) -> (certificate: Certificate, privateKey: any SigningKey)? {
    switch merchant.key {
    case .pem(let certificate, let privateKey, let passphrase):
      readPEM(certificate, privateKey, passphrase, of: merchant, settings)
    case .pkcs12(let file, let password): readPKCS12(file, password, of: merchant, settings)
    case .token(let certificate, let uri, let pin):
      readToken(certificate, uri, pin, of: merchant, settings, tokens)
    }
  }

  /// Loads the library that leads to tokens, when a merchant's key is in one.
  ///
  /// - Returns: `nil` without one, and when a mistake was found.
  mutating func loadTokens(of settings: GatewaySettings) -> Tokens? {
    let isNeeded = settings.merchants.contains { merchant in
      if case .token = merchant.key { true } else { false }
    }
    guard isNeeded, let module = settings.pkcs11.module else { return nil }
    do throws(TokenError) {
      return try Tokens(
        module: module, sessions: settings.pkcs11.sessions, timeout: settings.pkcs11.timeout)
    } catch {
      mistake("pkcs11.module", in: settings, error.detail, remedy: error.remedy)
      return nil
    }
  }

  private mutating func readToken(
    _ certificateFile: SecretReference, _ uri: String, _ pinFile: SecretReference?,
    of merchant: MerchantSettings, _ settings: GatewaySettings, _ tokens: Tokens?
  ) -> (Certificate, any SigningKey)? {
    let name = "merchant.\(merchant.id)"
    let certificate = readCertificate(certificateFile, name, settings)
    let pin = pinFile.flatMap { readLine($0, "\(name).private_key_passphrase", settings) }
    guard let certificate, let tokens, pinFile == nil || pin != nil else { return nil }
    do throws(TokenError) {
      let key = try TokenKey(uri: uri, pin: pin, publicKey: certificate.publicKey, in: tokens)
      return (certificate, key)
    } catch {
      let key = error.code == .wrongPIN ? "private_key_passphrase" : "private_key"
      mistake("\(name).\(key)", in: settings, error.detail, remedy: error.remedy)
      return nil
    }
  }

  private mutating func readCertificate(
    _ file: SecretReference, _ name: String, _ settings: GatewaySettings
  ) -> Certificate? {
    read(file, "\(name).certificate", settings) { bytes throws(CryptographyError) in
      try Certificate(pem: bytes.unprotectedCopy())
    }
  }

  private mutating func readLine(
    _ file: SecretReference, _ name: String, _ settings: GatewaySettings
  ) -> SecretBytes? {
    read(file, name, settings) { bytes throws(CryptographyError) in bytes }
  }

  private mutating func readPEM(
    _ certificateFile: SecretReference, _ keyFile: SecretReference,
    _ passphraseFile: SecretReference?, of merchant: MerchantSettings, _ settings: GatewaySettings
  ) -> (Certificate, any SigningKey)? {
    let name = "merchant.\(merchant.id)"
    let certificate = readCertificate(certificateFile, name, settings)
    let passphrase = passphraseFile.flatMap {
      readLine($0, "\(name).private_key_passphrase", settings)
    }
    guard passphraseFile == nil || passphrase != nil else { return nil }
    var isEncrypted = false
    let privateKey = read(keyFile, "\(name).private_key", settings) {
      bytes throws(CryptographyError) in
      isEncrypted = RSAPrivateKey.isEncrypted(pem: bytes)
      return try RSAPrivateKey(pem: bytes, passphrase: passphrase)
    }
    guard let certificate, let privateKey else { return nil }
    if passphrase != nil, !isEncrypted {
      warning(
        "\(name).private_key_passphrase", in: settings,
        "is not needed: \(keyFile) is not encrypted",
        remedy: "remove it, or encrypt the key: openssl pkcs8 -topk8")
    }
    guard certificate.matches(privateKey) else {
      mistake(
        "\(name).private_key", in: settings, "is not the key of \(certificateFile)",
        remedy: "take apiclient_key.pem and apiclient_cert.pem from the same download")
      return nil
    }
    return (certificate, privateKey)
  }

  private mutating func readPKCS12(
    _ file: SecretReference, _ passwordFile: SecretReference?, of merchant: MerchantSettings,
    _ settings: GatewaySettings
  ) -> (Certificate, any SigningKey)? {
    let name = "merchant.\(merchant.id)"
    let password = passwordFile.map { readLine($0, "\(name).pkcs12_password", settings) }
    guard let password = password ?? SecretBytes(merchant.id) else { return nil }
    let opened = read(file, "\(name).pkcs12", settings) { bytes throws(CryptographyError) in
      try PKCS12(der: bytes, password: password)
    }
    return opened.map { ($0.certificate, $0.privateKey) }
  }
}

extension MerchantKeySettings {
  /// The key of gateway.conf that a certificate's mistakes stand at.
  var certificateKey: String {
    if case .pkcs12 = self { "pkcs12" } else { "certificate" }
  }
}

extension CryptographyError {
  /// What to do about it.
  ///
  /// - Parameter name: of the key of a `[[merchant]]` that leads to what cannot be used.
  func remedy(for name: String) -> String {
    switch (code, name.split(separator: ".").last) {
    case (.malformedKey, "private_key"):
      "name apiclient_key.pem; for apiclient_cert.p12 write pkcs12 instead of private_key"
    case (.malformedKey, _): "download the public key from the merchant platform again"
    case (.malformedCertificate, _): "name apiclient_cert.pem"
    case (.malformedPKCS12, _):
      "name apiclient_cert.p12; a key in PEM belongs into private_key, with its certificate"
    case (.notRSA, _): "take the key that the merchant API certificate was applied for with"
    case (.keyTooShort, _): "apply for a new certificate with a key of 2048 bits"
    case (.passphraseRequired, _):
      "write private_key_passphrase = \"file:PATH\" or \"env:NAME\""
    case (.wrongPassphrase, "pkcs12"):
      "correct what pkcs12_password leads to; without it the merchant's number is tried"
    case (.wrongPassphrase, _): "correct what private_key_passphrase leads to"
    default: "take the file as the merchant platform gave it"
    }
  }
}
