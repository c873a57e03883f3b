// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import HTTP
internal import JSON

extension SimulatorConfiguration {
  /// Reads the file and the certificates it names; paths are relative to the file.
  static func load(path: String, environment: [String: String]) throws(ConfigurationMistakes)
    -> SimulatorConfiguration
  {
    guard let text = Files.read(path) else {
      throw ConfigurationMistakes(mistakes: [
        "\(path): cannot be read; give the path of a JSON file"
      ])
    }
    return try SimulatorConfiguration(
      parsing: text, name: path, folder: Files.folder(of: path), environment: environment)
  }

  /// - Parameters:
  ///   - name: what the mistakes call the file.
  ///   - folder: where relative paths begin.
  init(
    parsing text: [UInt8], name: String, folder: String, environment: [String: String]
  ) throws(ConfigurationMistakes) {
    let document: JSONValue
    do {
      document = try JSONValue(parsing: text)
    } catch {
      throw ConfigurationMistakes(
        mistakes: ["\(name):\(error.line):\(error.column): is not JSON: \(error.message)"])
    }
    var reader = ConfigurationReader()
    let top = reader.object(
      document, at: name,
      allowed: ["listen", "control", "merchants", "platform", "batches", "limits"])
    readListeners(top, at: name, &reader)
    let source = Secrets(folder: folder, environment: environment)
    for (index, value) in reader.array(top["merchants"], at: "\(name)/merchants").enumerated() {
      readMerchant(value, at: "\(name)/merchants/\(index)", source, &reader)
    }
    if merchants.isEmpty, reader.mistakes.isEmpty {
      reader.mistake("\(name)/merchants", "needs at least one merchant")
    }
    readPlatform(top["platform"], at: "\(name)/platform", folder: folder, &reader)
    for (index, value) in reader.array(top["batches"], at: "\(name)/batches").enumerated() {
      readBatch(value, at: "\(name)/batches/\(index)", &reader)
    }
    readLimits(top["limits"], at: "\(name)/limits", &reader)
    guard reader.mistakes.isEmpty else { throw ConfigurationMistakes(mistakes: reader.mistakes) }
  }

  private mutating func readListeners(
    _ top: JSONObject, at place: String, _ reader: inout ConfigurationReader
  ) {
    if let address = Self.address(top, "listen", at: place, &reader) { listen = address }
    if let address = Self.address(top, "control", at: place, &reader) { control = address }
  }

  /// The stand-in holds throw-away keys and obeys whoever reaches its control listener: loopback
  /// only.
  private static func address(
    _ top: JSONObject, _ name: String, at place: String, _ reader: inout ConfigurationReader
  ) -> ListenAddress? {
    guard let text = reader.string(top, name, at: place) else { return nil }
    do {
      let address = try ListenAddress.parse(text)
      if address.isLocal { return address }
      reader.mistake("\(place)/\(name)", "must be a loopback address such as 127.0.0.1:0")
    } catch {
      reader.mistake("\(place)/\(name)", error.message)
    }
    return nil
  }

  private mutating func readMerchant(
    _ value: JSONValue, at place: String, _ source: Secrets, _ reader: inout ConfigurationReader
  ) {
    let object = reader.object(value, at: place, allowed: ["mchid", "certificate", "api_v3_key"])
    let id = reader.string(object, "mchid", at: place, isRequired: true)
    var certificates: [Certificate] = []
    // One path, or several while a merchant changes its certificate.
    let paths =
      object["certificate"]?.arrayValue?.map(\.stringValue) ?? [object["certificate"]?.stringValue]
    for path in paths {
      guard let path, let pem = source.file(path) else {
        reader.mistake("\(place)/certificate", "must be the path of a PEM file that can be read")
        continue
      }
      do {
        certificates.append(try Certificate(pem: pem))
      } catch {
        reader.mistake("\(place)/certificate", "\(path) is not an X.509 certificate in PEM")
      }
    }
    guard let secret = reader.string(object, "api_v3_key", at: place, isRequired: true) else {
      return
    }
    guard let bytes = source.secret(secret), let key = try? AES256GCM.Key(bytes) else {
      reader.mistake(
        "\(place)/api_v3_key", "must be 32 bytes, or file:PATH or env:NAME that holds 32 bytes")
      return
    }
    guard let id, !certificates.isEmpty else { return }
    if merchants.contains(where: { $0.id == id }) {
      reader.mistake("\(place)/mchid", "is there twice")
    }
    merchants.append(Merchant(id: id, certificates: certificates, apiV3Key: key))
  }

  private mutating func readPlatform(
    _ value: JSONValue?, at place: String, folder: String, _ reader: inout ConfigurationReader
  ) {
    let object = reader.object(
      value, at: place, allowed: ["folder", "certificates", "public_key_id", "signs_with"])
    platform.folder = reader.string(object, "folder", at: place).map {
      Files.absolute($0, in: folder)
    }
    platform.hasCertificates = reader.bool(object, "certificates", at: place) ?? true
    platform.publicKeyID = reader.string(object, "public_key_id", at: place)
    if let id = platform.publicKeyID, !id.hasPrefix("PUB_KEY_ID_") {
      reader.mistake("\(place)/public_key_id", "must begin with PUB_KEY_ID_")
    }
    if !platform.hasCertificates, platform.publicKeyID == nil {
      reader.mistake("\(place)/public_key_id", "is required when certificates is false")
    }
    guard let text = reader.string(object, "signs_with", at: place) else {
      platform.mode = platform.publicKeyID == nil ? .certificate : .requested
      return
    }
    if let mode = Platform.SigningMode(rawValue: text) {
      platform.mode = mode
    } else {
      let modes = Platform.SigningMode.allCases.map(\.rawValue)
      reader.mistake("\(place)/signs_with", "must be one of \(modes.joined(separator: ", "))")
    }
    if platform.mode != .certificate, platform.publicKeyID == nil {
      reader.mistake("\(place)/signs_with", "needs public_key_id for anything but certificate")
    }
  }

  private mutating func readBatch(
    _ value: JSONValue, at place: String, _ reader: inout ConfigurationReader
  ) {
    let object = reader.object(
      value, at: place,
      allowed: [
        "stock_id", "merchant", "coupon_code_mode", "upload_limit", "max_coupons",
        "max_coupons_per_user",
      ])
    guard let id = reader.string(object, "stock_id", at: place, isRequired: true) else { return }
    let merchant = reader.string(object, "merchant", at: place) ?? merchants.first?.id ?? ""
    var batch = BatchSettings(id: id, merchant: merchant)
    if !(1...20).contains(id.unicodeScalars.count) {
      reader.mistake("\(place)/stock_id", "must have 1 to 20 characters")
    }
    if !merchants.contains(where: { $0.id == merchant }) {
      reader.mistake("\(place)/merchant", "must be the mchid of a merchant above")
    }
    if let text = reader.string(object, "coupon_code_mode", at: place) {
      if let mode = Batch.CodeMode(rawValue: text) {
        batch.codeMode = mode
      } else {
        let modes = Batch.CodeMode.allCases.map(\.rawValue)
        reader.mistake(
          "\(place)/coupon_code_mode", "must be one of \(modes.joined(separator: ", "))")
      }
    }
    batch.uploadLimit = reader.integer(object, "upload_limit", at: place, 0...1_000_000_000)
    if let most = reader.integer(object, "max_coupons", at: place, 1...1_000_000_000) {
      batch.maxCoupons = most
    }
    if let most = reader.integer(object, "max_coupons_per_user", at: place, 1...1_000_000) {
      batch.maxCouponsPerUser = most
    }
    if batches.contains(where: { $0.id == id }) {
      reader.mistake("\(place)/stock_id", "is there twice")
    }
    batches.append(batch)
  }

  private mutating func readLimits(
    _ value: JSONValue?, at place: String, _ reader: inout ConfigurationReader
  ) {
    let object = reader.object(
      value, at: place,
      allowed: [
        "uploads_per_batch", "requests_per_second", "codes_per_second", "max_body_bytes", "journal",
      ])
    if let most = reader.integer(object, "uploads_per_batch", at: place, 0...1_000_000_000) {
      limits.uploadsPerBatch = most
    }
    limits.requestsPerSecond = reader.integer(
      object, "requests_per_second", at: place, 1...1_000_000)
    limits.codesPerSecond = reader.integer(object, "codes_per_second", at: place, 1...100_000_000)
    if let most = reader.integer(object, "max_body_bytes", at: place, 1024...100_000_000) {
      limits.maxBodyBytes = most
    }
    if let most = reader.integer(object, "journal", at: place, 0...1_000_000) {
      limits.journal = most
    }
  }
}
