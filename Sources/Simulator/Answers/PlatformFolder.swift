// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import FoundationEssentials

/// Where WeChat Pay's keys are kept between runs, and where a gateway's operator finds the public
/// half.
///
/// - `wechatpay_SERIAL.pem` and `wechatpay_SERIAL_key.pem`: a platform certificate and its private
///   key.
/// - `pub_key.pem` and `pub_key_private.pem`: the WeChat Pay public key and its private key.
struct PlatformFolder: Sendable {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  let path: String

  /// Reads every certificate whose key is there, oldest first.
  func readIdentities() throws -> [Platform.Identity] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    var identities: [Platform.Identity] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: path)
    where name.hasPrefix("wechatpay_") && name.hasSuffix("_key.pem") {
      let stem = name.dropLast("_key.pem".count)
      guard let key = Files.read("\(path)/\(name)"),
        let certificate = Files.read("\(path)/\(stem).pem")
      else {
        throw Failure(
          description: "\(path)/\(stem).pem or its key cannot be read; delete both or restore them")
      }
      identities.append(
        Platform.Identity(
          certificate: try Certificate(pem: certificate), key: try RSAPrivateKey(pem: key)))
    }
    return identities.sorted { $0.certificate.notBefore < $1.certificate.notBefore }
  }

  func readPublicKey() throws -> RSAPrivateKey? {
    guard let pem = Files.read("\(path)/pub_key_private.pem") else { return nil }
    return try RSAPrivateKey(pem: pem)
  }

  func write(_ identity: Platform.Identity) throws {
    let stem = "wechatpay_\(identity.certificate.serialNumber)"
    try write(identity.certificate.pem, to: "\(stem).pem", mode: 0o644)
    try write(identity.key.pem, to: "\(stem)_key.pem", mode: 0o600)
  }

  func write(publicKey key: RSAPrivateKey) throws {
    try write(key.publicKey.pem, to: "pub_key.pem", mode: 0o644)
    try write(key.pem, to: "pub_key_private.pem", mode: 0o600)
  }

  private func write(_ bytes: [UInt8], to name: String, mode: Int) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let file = "\(path)/\(name)"
    guard
      FileManager.default.createFile(
        atPath: file, contents: Data(bytes), attributes: [.posixPermissions: mode])
    else { throw Failure(description: "\(file) cannot be written") }
  }
}

extension Platform {
  /// The keys that the configuration asks for: those in its folder, and new ones where some are
  /// missing.
  convenience init(_ settings: SimulatorConfiguration.PlatformSettings, now: Moment) throws {
    let folder = settings.folder.map { PlatformFolder(path: $0) }
    var identities = settings.hasCertificates ? try folder?.readIdentities() ?? [] : []
    if settings.hasCertificates, identities.isEmpty {
      let identity = try Platform.makeIdentity(now: now)
      try folder?.write(identity)
      identities = [identity]
    }
    var publicKey: Signer?
    if let id = settings.publicKeyID {
      let stored = try folder?.readPublicKey()
      let key = try stored ?? .generate(bits: 2048)
      if stored == nil { try folder?.write(publicKey: key) }
      publicKey = Signer(serial: id, key: key)
    }
    self.init(identities: identities, publicKey: publicKey, mode: settings.mode)
  }
}
