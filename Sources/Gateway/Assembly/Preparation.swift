// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import Dispatch
internal import FoundationEssentials
internal import GatewayCore
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import OpenAPI
internal import Policies
internal import Settings
internal import Telemetry
internal import WeChatPay

/// A configuration with everything it names read and checked, ready to become a service.
struct Preparation: Sendable {
  let settings: GatewaySettings
  let catalog: Catalog
  let credentials: [MerchantCredentials]
  let callers: Callers
  /// `nil`: plain HTTP.
  let tls: TLSCredentials?
  /// SHA-256 of `upstream.ca_file`; `nil` where the system's authorities are trusted.
  let authorities: [UInt8]?

  /// As `read`, on a thread that may block: files and tokens may take their time.
  static func readOnThread(configuration path: String) async -> Reading {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: read(configuration: path)) }
    }
  }

  /// Reads the configuration and what it names, going on after mistakes so that all of them are
  /// found at once.
  static func read(configuration path: String) -> Reading {
    let reading = GatewaySettings.read(path: path)
    var findings = Findings(mistakes: reading.mistakes, warnings: reading.warnings)
    guard let settings = reading.settings else {
      return Reading(preparation: nil, settings: nil, findings: findings)
    }
    findings.checkSupport(of: settings)
    let authorities = findings.readAuthorities(of: settings)
    let catalog = findings.load(settings.api.documents)
    let now = TimeSource.system.unixSeconds()
    let tokens = findings.loadTokens(of: settings)
    let credentials = settings.merchants.compactMap { merchant in
      MerchantCredentials(merchant, in: settings, now: now, tokens: tokens, findings: &findings)
    }
    let callers = findings.readCallers(of: settings)
    let tls = findings.readTLS(of: settings, now: now)
    if let catalog { findings.checkOperations(of: settings, in: catalog) }
    let preparation = catalog.map { catalog in
      Preparation(
        settings: settings, catalog: catalog, credentials: credentials, callers: callers,
        tls: tls, authorities: authorities)
    }
    return Reading(
      preparation: findings.mistakes.isEmpty ? preparation : nil, settings: settings,
      findings: findings)
  }

  /// What came of reading a configuration.
  struct Reading: Sendable {
    /// `nil` when there is any mistake.
    let preparation: Preparation?
    /// `nil` when the file cannot be read at all; incomplete when there are mistakes.
    let settings: GatewaySettings?
    let findings: Findings
  }
}

extension Findings {
  /// What the configuration may say, but this version does not do: refused, never left out in
  /// silence.
  mutating func checkSupport(of settings: GatewaySettings) {
    let chain = settings.policies.chain
    for name in [PolicyName.rateLimit, .deduplicate] where chain.stands(name, before: .authenticate)
    {
      mistake(
        "policies.chain", in: settings,
        "has \(name.rawValue) before authenticate, when the merchant is not known yet",
        remedy: "write authenticate first")
    }
    if chain.contains(.deduplicate), !chain.stands(.validate, before: .deduplicate) {
      mistake(
        "policies.chain", in: settings,
        "has deduplicate without validate before it, which reads the request number",
        remedy: "write validate before deduplicate, or leave deduplicate out")
    }
  }

  /// - Returns: the digest of the file.
  mutating func readAuthorities(of settings: GatewaySettings) -> [UInt8]? {
    guard let path = settings.upstream.caFile,
      !hasMistake(at: "upstream.ca_file", in: settings)
    else { return nil }
    let bytes = FileManager.default.contents(atPath: path).map { Array($0) } ?? []
    do throws(CryptographyError) {
      try Certificate.checkAuthority(pem: bytes)
    } catch {
      mistake(
        "upstream.ca_file", in: settings, "\(path) holds no certificate: \(error.detail)",
        remedy: "name a file of certificates in PEM, or leave it out for the system's")
    }
    return SHA256.hash(bytes)
  }

  mutating func load(_ documents: [String]) -> Catalog? {
    do throws(DocumentMistakes) {
      return try Catalog.load(documents: documents)
    } catch {
      // The settings have told which of the files are not there.
      let absent = { (mistake: DocumentMistake) in
        mistake.pointer.isEmpty && documents.contains(mistake.document)
          && !FileManager.default.fileExists(atPath: mistake.document)
      }
      for mistake in error.mistakes where !absent(mistake) { add(Mistake(mistake)) }
      return nil
    }
  }

  mutating func checkOperations(of settings: GatewaySettings, in catalog: Catalog) {
    let known = catalog.operations.map(\.id).sorted()
    // Of every caller that is written, also of one with another mistake.
    for value in settings.values where value.name.hasPrefix("caller.") {
      guard value.name.hasSuffix(".operations"),
        let names = try? JSONValue(parsing: Array(value.text.utf8)).arrayValue
      else { continue }
      for name in names.compactMap(\.stringValue) where name != "*" && !known.contains(name) {
        mistake(
          at: value, in: settings, "\"\(name)\" is no operation",
          remedy: nearestName(to: name, among: known).map { "did you mean \"\($0)\"?" }
            ?? "use one of: \(known.joined(separator: ", "))")
      }
    }
  }
}

extension [PolicyName] {
  /// Whether both are there, in this order.
  fileprivate func stands(_ first: PolicyName, before second: PolicyName) -> Bool {
    guard let early = firstIndex(of: first), let late = firstIndex(of: second) else { return false }
    return early < late
  }
}
