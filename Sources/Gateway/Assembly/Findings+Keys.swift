// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import Settings

extension Findings {
  /// Reads a merchant's certificate and key, wherever they are kept.
  ///
  /// - Returns: `nil` when a mistake was found.
  mutating func readKey(
    of merchant: MerchantSettings, _ settings: GatewaySettings
  ) -> (certificate: Certificate, privateKey: RSAPrivateKey)? {
    switch merchant.key {
    case .pem(let certificate, let privateKey, let passphrase):
      readPEM(certificate, privateKey, passphrase, of: merchant, settings)
    case .pkcs12(let file, let password): readPKCS12(file, password, of: merchant, settings)
    case .token: nil
    }
  }

  private mutating func readPEM(
    _ certificateFile: SecretReference, _ keyFile: SecretReference,
    _ passphraseFile: SecretReference?, of merchant: MerchantSettings, _ settings: GatewaySettings
  ) -> (Certificate, RSAPrivateKey)? {
    let name = "merchant.\(merchant.id)"
    let certificate = read(certificateFile, "\(name).certificate", settings) {
      bytes throws(CryptographyError) in
      try Certificate(pem: bytes.unprotectedCopy())
    }
    let passphrase = passphraseFile.flatMap { file in
      read(file, "\(name).private_key_passphrase", settings) {
        bytes throws(CryptographyError) in bytes
      }
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
  ) -> (Certificate, RSAPrivateKey)? {
    let name = "merchant.\(merchant.id)"
    let password = passwordFile.map { file in
      read(file, "\(name).pkcs12_password", settings) { bytes throws(CryptographyError) in bytes }
    }
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
