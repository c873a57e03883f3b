// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import FoundationEssentials
internal import JSON
internal import OpenAPI
internal import Settings

/// What a gateway runs with, as operators may see it: what every key comes to, and what the files
/// and variables behind it hold, by digest or serial number. Never a secret.
struct EffectiveConfiguration: Sendable {
  /// One key.
  struct Entry: Sendable, Equatable {
    var value: JSONValue
    /// What lies behind the value, as texts: `serial_no`, `expires`, `sha256` or `fingerprint`; for
    /// `api.documents` a digest for each file.
    var content: JSONObject
    var needsRestart: Bool
  }

  /// By the names of the keys, e.g. `merchant.1900000001.certificate`.
  let entries: [String: Entry]
  /// Ids of the operations, sorted.
  let operations: [String]
  /// SHA-256 over everything but the secrets: the same on every machine that runs with the same
  /// configuration.
  let sha256: String

  private init(entries: [String: Entry], operations: [String]) {
    self.entries = entries
    self.operations = operations
    var open = entries
    for name in open.keys { open[name]?.content["fingerprint"] = nil }
    let document: JSONValue = [
      "keys": .object(Self.keys(open)),
      "operations": .array(operations.map(JSONValue.string)),
    ]
    sha256 = SHA256.hex(document.canonicalBytes())
  }

  private static func keys(_ entries: [String: Entry]) -> JSONObject {
    JSONObject(
      entries.sorted { $0.key < $1.key }.map { name, entry in
        var value = JSONObject([.init(name: "value", value: entry.value)])
        if !entry.content.members.isEmpty { value["content"] = .object(entry.content) }
        if entry.needsRestart { value["needs_restart"] = true }
        return .init(name: name, value: .object(value))
      })
  }

  /// As `/configuration.json` shows it and `init(document:)` reads it.
  func document(salt: FingerprintSalt) -> JSONObject {
    [
      "sha256": .string(sha256), "fingerprint_salt": .string(salt.text),
      "operations": .array(operations.map(JSONValue.string)),
      "keys": .object(Self.keys(entries)),
    ]
  }

  /// What a running gateway says of itself; `nil` when this is no such document.
  init?(document: JSONValue) {
    guard let keys = document["keys"]?.objectValue,
      let operations = document["operations"]?.arrayValue
    else { return nil }
    var entries: [String: Entry] = [:]
    for key in keys.members {
      guard let value = key.value["value"] else { return nil }
      entries[key.name] = Entry(
        value: value, content: key.value["content"]?.objectValue ?? JSONObject(),
        needsRestart: key.value["needs_restart"]?.boolValue ?? false)
    }
    self.init(entries: entries, operations: operations.compactMap(\.stringValue))
  }
}

extension EffectiveConfiguration {
  /// Looks at what the configuration names once more; what cannot be read now has no content.
  init(_ settings: GatewaySettings, _ catalog: Catalog, salt: FingerprintSalt) {
    var entries: [String: Entry] = [:]
    for value in settings.values {
      entries[value.name] = Entry(
        value: Self.value(value),
        content: value.content.map { Self.content($0, of: value.name, salt) } ?? JSONObject(),
        needsRestart: value.needsRestart)
    }
    entries["upstream.ca_file"]?.content = Self.digests(settings.upstream.caFile.map { [$0] } ?? [])
    { _ in "sha256" }
    entries["api.documents"]?.content = Self.digests(catalog.files) { settings.relativePath($0) }
    self.init(entries: entries, operations: catalog.operations.map(\.id).sorted())
  }

  /// What a key comes to in `settings`; `nil` when nothing does.
  static func value(of name: String, in settings: GatewaySettings) -> JSONValue? {
    settings.value(name).map(value)
  }

  /// The texts of TOML that stand there are JSON too.
  private static func value(_ value: EffectiveValue) -> JSONValue {
    (try? JSONValue(parsing: Array(value.text.utf8))) ?? .string(value.text)
  }

  /// This configuration in a gateway that was started with another one: what waits for the next
  /// start is still as it was.
  func replacing(_ started: EffectiveConfiguration?) -> EffectiveConfiguration {
    guard let started else { return self }
    let waiting = started.entries.filter(\.value.needsRestart)
    return EffectiveConfiguration(
      entries: entries.filter { !$0.value.needsRestart }.merging(waiting) { $1 },
      operations: operations)
  }

  private static func digests(_ paths: [String], name: (String) -> String) -> JSONObject {
    JSONObject(
      paths.compactMap { path in
        FileManager.default.contents(atPath: path).map {
          .init(name: name(path), value: .string(SHA256.hex(Array($0))))
        }
      })
  }

  private static func content(
    _ content: EffectiveValue.Content, of name: String, _ salt: FingerprintSalt
  ) -> JSONObject {
    let reference: SecretReference
    switch content {
    case .tokens(let tokens):
      let prints = tokens.compactMap { try? $0.digest() }.map(salt.fingerprint(ofDigest:))
      return ["fingerprint": .string(prints.joined(separator: " "))]
    case .kept(let kept): reference = kept
    }
    guard let bytes = try? reference.resolve() else { return JSONObject() }
    // What opens a key is short enough to be guessed from a fingerprint.
    guard reference.kind != .passphrase else { return JSONObject() }
    guard reference.kind == .document else {
      return ["fingerprint": .string(salt.fingerprint(ofDigest: SHA256.hash(bytes)))]
    }
    let document = bytes.unprotectedCopy()
    var described: JSONObject = ["sha256": .string(SHA256.hex(document))]
    if let certificate = try? Certificate(pem: document) {
      described["serial_no"] = .string(certificate.serialNumber)
      described["expires"] = .string(
        Date(timeIntervalSince1970: Double(certificate.notAfter)).ISO8601Format())
    }
    return described
  }
}

/// Makes fingerprints of secrets that tell whether two are the same. They are short and differ from
/// process to process, so that no list of known secrets has them.
struct FingerprintSalt: Sendable {
  let text: String

  /// This process's own.
  static let ofProcess = FingerprintSalt(text: Hexadecimal.lowercase(SecureRandom.bytes(count: 16)))

  /// 12 hexadecimal digits.
  func fingerprint(ofDigest digest: [UInt8]) -> String {
    String(SHA256.hex(Array(text.utf8) + digest).prefix(12))
  }
}
