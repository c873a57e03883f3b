// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import Foundation
internal import GatewayCore
internal import HTTPClient
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
  /// SHA-256 of `upstream.ca_file`; `nil` where the system's authorities are trusted.
  let authorities: [UInt8]?

  /// Reads the configuration and what it names, going on after mistakes so that all of them are
  /// found at once.
  static func read(configuration path: String) -> (preparation: Preparation?, findings: Findings) {
    let reading = GatewaySettings.read(path: path)
    var findings = Findings(
      mistakes: reading.mistakes.map(\.description), warnings: reading.warnings.map(\.description))
    guard let settings = reading.settings else { return (nil, findings) }
    findings.checkSupport(of: settings)
    let authorities = findings.readAuthorities(of: settings)
    let catalog = findings.load(settings.api.documents)
    var credentialFindings = CredentialFindings()
    let now = TimeSource.system.unixSeconds()
    let credentials = settings.merchants.compactMap { merchant in
      MerchantCredentials(
        merchant, file: settings.file, now: now, findings: &credentialFindings)
    }
    let callers = settings.callers.compactMap {
      Callers.Caller($0, file: settings.file, findings: &findings)
    }
    findings.add(credentialFindings)
    if let catalog {
      findings.checkOperations(of: settings.callers, in: catalog, file: settings.file)
    }
    guard findings.mistakes.isEmpty, let catalog else { return (nil, findings) }
    return (
      Preparation(
        settings: settings, catalog: catalog, credentials: credentials, callers: Callers(callers),
        authorities: authorities),
      findings
    )
  }
}

/// What `check` prints: a line each, with file, line, key path and remedy.
struct Findings: Sendable {
  var mistakes: [String]
  var warnings: [String]

  mutating func add(_ mistake: Mistake) {
    // A secret that cannot be read is found twice, by the settings and by what reads it.
    guard !mistakes.contains(where: { $0.contains(mistake.message) }) else { return }
    mistakes.append(mistake.description)
  }

  mutating func add(_ findings: CredentialFindings) {
    for mistake in findings.mistakes { add(mistake) }
    warnings += findings.warnings.map(\.description)
  }

  /// What the configuration may say, but this version does not do: refused, never left out in
  /// silence.
  mutating func checkSupport(of settings: GatewaySettings) {
    if settings.server.tls != nil {
      add(
        Mistake(
          file: settings.file, keyPath: "server.tls", message: "is not supported by this version",
          remedy: "listen on 127.0.0.1 or a unix socket, and let a proxy on this machine end TLS"))
    }
    let chain = settings.policies.chain
    for name in [PolicyName.rateLimit, .deduplicate] where chain.stands(name, before: .authenticate)
    {
      add(
        Mistake(
          file: settings.file, keyPath: "policies.chain",
          message: "has \(name.rawValue) before authenticate, when the merchant is not known yet",
          remedy: "write authenticate first"))
    }
    if chain.contains(.deduplicate), !chain.stands(.validate, before: .deduplicate) {
      add(
        Mistake(
          file: settings.file, keyPath: "policies.chain",
          message: "has deduplicate without validate before it, which reads the request number",
          remedy: "write validate before deduplicate, or leave deduplicate out"))
    }
    if case .redis = settings.store.url {
      add(
        Mistake(
          file: settings.file, keyPath: "store.url",
          message: "redis:// is not supported by this version",
          remedy: "use sqlite:PATH or memory:"))
    }
  }

  /// - Returns: the digest of the file.
  mutating func readAuthorities(of settings: GatewaySettings) -> [UInt8]? {
    guard let path = settings.upstream.caFile else { return nil }
    let bytes = FileManager.default.contents(atPath: path).map { Array($0) } ?? []
    do throws(CryptographyError) {
      try Certificate.checkAuthority(pem: bytes)
    } catch {
      add(
        Mistake(
          file: settings.file, keyPath: "upstream.ca_file",
          message: "\(path) holds no certificate: \(error.detail)",
          remedy: "name a file of certificates in PEM, or leave it out for the system's"))
    }
    return SHA256.hash(bytes)
  }

  mutating func load(_ documents: [String]) -> Catalog? {
    do throws(DocumentMistakes) {
      return try Catalog.load(documents: documents)
    } catch {
      mistakes += error.mistakes.map(\.description)
      return nil
    }
  }

  mutating func checkOperations(of callers: [CallerSettings], in catalog: Catalog, file: String) {
    let known = Set(catalog.operations.map(\.id))
    for caller in callers {
      guard case .only(let names) = Grant.Scope<String>(caller.operations, { $0 }) else { continue }
      for name in names.subtracting(known).sorted() {
        add(
          Mistake(
            file: file, line: caller.line, keyPath: "caller.operations",
            message: "\"\(name)\" is no operation",
            remedy: "use one of: \(known.sorted().joined(separator: ", "))"))
      }
    }
  }
}

extension Callers.Caller {
  init?(_ settings: CallerSettings, file: String, findings: inout Findings) {
    let digest: [UInt8]
    switch settings.token {
    case .sha256(let bytes):
      digest = bytes
    case .secret(let reference):
      do throws(SecretProblem) {
        digest = SHA256.hash(try reference.resolve())
      } catch {
        findings.add(
          Mistake(
            file: file, line: settings.line, keyPath: "caller.token", message: error.message,
            remedy: error.remedy))
        return nil
      }
    }
    self.init(
      tokenDigest: digest,
      grant: Grant(
        caller: settings.name, merchants: Grant.Scope(settings.merchants, MerchantID.init),
        operations: Grant.Scope(settings.operations, { $0 })))
  }
}

extension Grant.Scope {
  init(_ selection: NameSelection, _ name: (String) -> Name) {
    switch selection {
    case .all: self = .all
    case .only(let names): self = .only(Set(names.map(name)))
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
