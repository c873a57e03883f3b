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

  /// Reads the configuration and what it names, going on after mistakes so that all of them are
  /// found at once.
  static func read(configuration path: String) -> (preparation: Preparation?, findings: Findings) {
    let reading = GatewaySettings.read(path: path)
    var findings = Findings(
      mistakes: reading.mistakes.map(\.description), warnings: reading.warnings.map(\.description))
    guard let settings = reading.settings else { return (nil, findings) }
    findings.checkSupport(of: settings)
    let catalog = findings.load(settings.api.documents)
    var credentialFindings = CredentialFindings()
    let now = TimeSource.system.unixSeconds()
    let credentials = settings.merchants.enumerated().compactMap { index, merchant in
      MerchantCredentials(
        merchant, at: index, file: settings.file, now: now, findings: &credentialFindings)
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
        settings: settings, catalog: catalog, credentials: credentials, callers: Callers(callers)),
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
    if !mistakes.contains(mistake.description) { mistakes.append(mistake.description) }
  }

  mutating func add(_ findings: CredentialFindings) {
    // The settings' own checks of the same file come first and say the line; theirs are kept.
    if mistakes.isEmpty { mistakes = findings.mistakes.map(\.description) }
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
