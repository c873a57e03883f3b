// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import Settings

extension CredentialFindings {
  /// Reads a merchant's certificate and key, wherever they are kept.
  ///
  /// - Returns: `nil` when a mistake was found.
  mutating func readKey(
    _ key: MerchantKeySettings, merchant: String, _ place: Place
  ) -> (certificate: Certificate, privateKey: RSAPrivateKey)? {
    switch key {
    case .pem(let certificate, let privateKey, let passphrase):
      readPEM(certificate, privateKey, passphrase, place)
    case .pkcs12(let file, let password): readPKCS12(file, password, merchant: merchant, place)
    case .token: nil
    }
  }

  private mutating func readPEM(
    _ certificateFile: SecretReference, _ keyFile: SecretReference,
    _ passphraseFile: SecretReference?, _ place: Place
  ) -> (Certificate, RSAPrivateKey)? {
    let certificate = read(certificateFile, "certificate", place) {
      bytes throws(CryptographyError) in
      try Certificate(pem: bytes.unprotectedCopy())
    }
    let passphrase = passphraseFile.flatMap { file in
      read(file, "private_key_passphrase", place) { bytes throws(CryptographyError) in bytes }
    }
    guard passphraseFile == nil || passphrase != nil else { return nil }
    var isEncrypted = false
    let privateKey = read(keyFile, "private_key", place) { bytes throws(CryptographyError) in
      isEncrypted = RSAPrivateKey.isEncrypted(pem: bytes)
      return try RSAPrivateKey(pem: bytes, passphrase: passphrase)
    }
    guard let certificate, let privateKey else { return nil }
    if passphrase != nil, !isEncrypted {
      warning(
        "private_key_passphrase", place, "is not needed: \(keyFile) is not encrypted",
        "remove it, or encrypt the key: openssl pkcs8 -topk8")
    }
    guard certificate.matches(privateKey) else {
      mistake(
        "private_key", place, "is not the key of \(certificateFile)",
        remedy: "take apiclient_key.pem and apiclient_cert.pem from the same download")
      return nil
    }
    return (certificate, privateKey)
  }

  private mutating func readPKCS12(
    _ file: SecretReference, _ passwordFile: SecretReference?, merchant: String, _ place: Place
  ) -> (Certificate, RSAPrivateKey)? {
    let password = passwordFile.map { file in
      read(file, "pkcs12_password", place) { bytes throws(CryptographyError) in bytes }
    }
    guard let password = password ?? SecretBytes(merchant) else { return nil }
    let opened = read(file, "pkcs12", place) { bytes throws(CryptographyError) in
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
  /// What to do about it, where a key of `[[merchant]]` leads to what cannot be used.
  func remedy(for key: String) -> String {
    switch (code, key) {
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
    default: ""
    }
  }
}
