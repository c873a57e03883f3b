// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import GatewayCore
internal import Settings
internal import WeChatPay

/// What the files and variables of a `[[merchant]]` hold.
struct MerchantCredentials: Sendable {
  let signing: SigningCredentials
  let apiV3Key: AES256GCM.Key?
  let publicKey: VerificationKeys.PublicKey?
  /// SHA-256 of the APIv3 key: tells whether it is still the same.
  let fingerprint: [UInt8]

  /// - Parameter findings: gets every mistake, and warnings of what works but should be looked at.
  /// - Returns: `nil` when a mistake was found.
  init?(
    _ settings: MerchantSettings, file: String, now: Int64,
    findings: inout CredentialFindings
  ) {
    let place = CredentialFindings.Place(
      file: file, line: settings.line, path: "merchant \(settings.id)")
    let pair = findings.readKey(settings.key, merchant: settings.id, place)
    var fingerprint: [UInt8] = []
    let apiV3Key = settings.apiV3Key.flatMap { reference in
      findings.read(reference, "api_v3_key", place) { bytes throws(CryptographyError) in
        fingerprint = SHA256.hash(bytes)
        return try AES256GCM.Key(bytes)
      }
    }
    let publicKey = settings.wechatpayPublicKey.flatMap { key in
      findings.read(key.file, "wechatpay_public_key.file", place) {
        bytes throws(CryptographyError) in
        VerificationKeys.PublicKey(
          id: SerialNumber(key.id), key: try RSAPublicKey(pem: bytes.unprotectedCopy()))
      }
    }
    guard let pair, settings.apiV3Key == nil || apiV3Key != nil,
      settings.wechatpayPublicKey == nil || publicKey != nil
    else { return nil }
    findings.checkValidity(
      of: pair.certificate, at: settings.key.certificateKey, merchant: settings.id, place, now: now)
    signing = SigningCredentials(
      merchant: MerchantID(settings.id),
      serialNumber: SerialNumber(pair.certificate.serialNumber), privateKey: pair.privateKey)
    self.apiV3Key = apiV3Key
    self.publicKey = publicKey
    self.fingerprint = fingerprint
  }
}

/// What is wrong with the credentials that a configuration names.
struct CredentialFindings {
  struct Place {
    let file: String
    let line: Int
    let path: String
  }

  private(set) var mistakes: [Mistake] = []
  private(set) var warnings: [Mistake] = []

  private static let expiryWarningSeconds: Int64 = 30 * 86_400

  mutating func read<Value>(
    _ reference: SecretReference, _ key: String, _ place: Place,
    _ make: (SecretBytes) throws(CryptographyError) -> Value
  ) -> Value? {
    do {
      return try make(reference.resolve())
    } catch let error as SecretProblem {
      mistake(key, place, error.message, remedy: error.remedy)
    } catch let error as CryptographyError {
      mistake(
        key, place, "\(reference) cannot be used: \(error.detail)", remedy: error.remedy(for: key))
    } catch {
      mistake(key, place, "\(reference) cannot be used", remedy: "")
    }
    return nil
  }

  mutating func mistake(_ key: String, _ place: Place, _ message: String, remedy: String) {
    mistakes.append(
      Mistake(
        file: place.file, line: place.line, keyPath: "\(place.path).\(key)", message: message,
        remedy: remedy))
  }

  mutating func checkValidity(
    of certificate: Certificate, at key: String, merchant: String, _ place: Place, now: Int64
  ) {
    if certificate.notAfter <= now {
      warning(key, place, "has expired; WeChat Pay refuses what it signs", "apply for a new one")
    } else if certificate.notAfter - now < Self.expiryWarningSeconds {
      warning(
        key, place, "expires in \((certificate.notAfter - now) / 86_400) days",
        "apply for a new one")
    }
    if let name = certificate.subjectCommonName, name != merchant {
      warning(
        key, place, "is for the merchant \(name), not for \(merchant)",
        "check that it belongs to this [[merchant]]")
    }
  }

  mutating func warning(_ key: String, _ place: Place, _ message: String, _ remedy: String) {
    warnings.append(
      Mistake(
        file: place.file, line: place.line, keyPath: "\(place.path).\(key)", message: message,
        remedy: remedy))
  }
}
