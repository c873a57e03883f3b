// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import FoundationEssentials
internal import GatewayCore
internal import PKCS11
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
    _ merchant: MerchantSettings, in settings: GatewaySettings, now: Int64,
    tokens: Tokens?, findings: inout Findings
  ) {
    let name = "merchant.\(merchant.id)"
    let pair = findings.readKey(of: merchant, settings, tokens)
    var fingerprint: [UInt8] = []
    let apiV3Key = merchant.apiV3Key.flatMap { reference in
      findings.read(reference, "\(name).api_v3_key", settings) {
        bytes throws(CryptographyError) in
        fingerprint = SHA256.hash(bytes)
        return try AES256GCM.Key(bytes)
      }
    }
    let publicKey = merchant.wechatpayPublicKey.flatMap { key in
      findings.read(key.file, "\(name).wechatpay_public_key.file", settings) {
        bytes throws(CryptographyError) in
        VerificationKeys.PublicKey(
          id: SerialNumber(key.id), key: try RSAPublicKey(pem: bytes.unprotectedCopy()))
      }
    }
    if let certificate = pair?.certificate {
      let key = "\(name).\(merchant.key.certificateKey)"
      findings.checkOwner(of: certificate, key, merchant, settings)
      findings.checkValidity(of: certificate, key, settings, now: now)
    }
    guard let pair, merchant.apiV3Key == nil || apiV3Key != nil,
      merchant.wechatpayPublicKey == nil || publicKey != nil
    else { return nil }
    signing = SigningCredentials(
      merchant: MerchantID(merchant.id),
      serialNumber: SerialNumber(pair.certificate.serialNumber),
      expires: pair.certificate.notAfter, privateKey: pair.privateKey)
    self.apiV3Key = apiV3Key
    self.publicKey = publicKey
    self.fingerprint = fingerprint
  }
}

extension Findings {
  private static let expiryWarningSeconds: Int64 = 30 * 86_400

  mutating func read<Value>(
    _ reference: SecretReference, _ name: String, _ settings: GatewaySettings,
    _ make: (SecretBytes) throws(CryptographyError) -> Value
  ) -> Value? {
    guard !hasMistake(at: name, in: settings) else { return nil }
    do {
      return try make(reference.resolve())
    } catch let error as SecretProblem {
      mistake(name, in: settings, error.message, remedy: error.remedy)
    } catch let error as CryptographyError {
      mistake(
        name, in: settings, "\(reference) cannot be used: \(error.detail)",
        remedy: error.remedy(for: name))
    } catch {
      mistake(
        name, in: settings, "\(reference) cannot be used",
        remedy: "take the file as the merchant platform gave it")
    }
    return nil
  }

  /// The subject of a merchant's certificate names the merchant (mchid).
  private static func isMerchantNumber(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  fileprivate mutating func checkOwner(
    of certificate: Certificate, _ name: String, _ merchant: MerchantSettings,
    _ settings: GatewaySettings
  ) {
    guard certificate.subjectCommonName != merchant.id else { return }
    if let owner = certificate.subjectCommonName, Self.isMerchantNumber(owner) {
      fault(
        name, in: settings, "is for the merchant \(owner), not for \(merchant.id)",
        remedy: "name the certificate of \(merchant.id), or correct the id")
    } else {
      warning(
        name, in: settings, "does not name the merchant \(merchant.id) as its owner",
        remedy: "make sure that it is apiclient_cert.pem of this merchant")
    }
  }

  fileprivate mutating func checkValidity(
    of certificate: Certificate, _ name: String, _ settings: GatewaySettings, now: Int64
  ) {
    if certificate.notAfter <= now {
      fault(
        name, in: settings,
        "has expired on \(day(certificate.notAfter)); WeChat Pay refuses what it signs",
        remedy: "apply for a new one at the merchant platform")
    } else if certificate.notBefore > now {
      fault(
        name, in: settings, "is not valid before \(day(certificate.notBefore))",
        remedy: "look at this machine's clock, or name the certificate that is valid now")
    } else if certificate.notAfter - now < Self.expiryWarningSeconds {
      warning(
        name, in: settings,
        "expires in \((certificate.notAfter - now) / 86_400) days, on \(day(certificate.notAfter))",
        remedy: "apply for a new one at the merchant platform")
    }
  }
}

private func day(_ seconds: Int64) -> String {
  String(Date(timeIntervalSince1970: Double(seconds)).ISO8601Format().prefix(10))
}
