// SPDX-License-Identifier: Apache-2.0
internal import EventLoop
internal import GatewayCore
internal import HTTPClient
internal import HTTPServer
internal import OpenAPI
internal import Policies
internal import Settings
internal import Storage
internal import Telemetry
internal import WeChatPay

/// Everything that a reload replaces at once: one request sees one service from its beginning to
/// its end.
final class Service: Sendable {
  let settings: GatewaySettings
  /// The settings for operators to see.
  let configuration: EffectiveConfiguration
  let catalog: Catalog
  let merchants: [MerchantID: Merchant]
  /// What each merchant's platform certificates were obtained with.
  let credentialFingerprints: [MerchantID: [UInt8]]
  let chain: Chain
  /// For the quota in answers that never came as far as the policy; `nil` when the chain has no
  /// `rate_limit`.
  let rateLimit: Policies.RateLimit?
  /// What the listener uses; `nil`: plain HTTP.
  let tls: TLSCredentials?
  let hosts: Hosts
  let retryBudget: RetryBudget
  let skew: ClockSkew
  let clockProbe: ClockProbe
  let transport: CurlTransport
  /// SHA-256 of the authorities' file that the transport was made with.
  let authorities: [UInt8]?

  /// Wires a service from a configuration and the state that outlives it.
  ///
  /// - Parameter previous: the service that this one replaces; its connections and certificates are
  ///   kept where the configuration of them is the same.
  /// - Parameter destination: where requests go instead of WeChat Pay.
  /// - Throws: when libcurl cannot be set up.
  init(
    _ preparation: Preparation, lasting: LastingState, replacing previous: Service?,
    destination: (any Destination)? = nil
  ) throws {
    let settings = preparation.settings
    authorities = preparation.authorities
    tls = preparation.tls
    let keeps = previous.flatMap { previous in
      previous.settings.upstream == settings.upstream
        && previous.authorities == preparation.authorities ? previous : nil
    }
    if let previous = keeps {
      transport = previous.transport
      hosts = previous.hosts
      retryBudget = previous.retryBudget
      skew = previous.skew
    } else {
      transport = try CurlTransport(
        configuration: .init(
          connectTimeout: settings.upstream.connectTimeout, caFile: settings.upstream.caFile),
        loop: lasting.loop)
      hosts = Hosts(
        [settings.upstream.url, settings.upstream.backupURL].compactMap { $0?.description },
        changed: lasting.circuitChanged)
      retryBudget = RetryBudget()
      skew = ClockSkew()
    }
    // Verified certificates do not depend on how their host is called.
    let source = previous.flatMap { $0.settings.upstream.url == settings.upstream.url ? $0 : nil }
    let hosts = hosts
    clockProbe = ClockProbe(
      transport: transport, hosts: hosts, skew: skew, timeout: settings.upstream.timeout)
    let signed = SignedTransport(
      transport: transport, skew: skew, computing: lasting.loop?.computing, signed: lasting.audit)
    let merchants = Dictionary(
      uniqueKeysWithValues: preparation.credentials.map { credentials in
        let id = credentials.signing.merchant
        return (
          id,
          Merchant(
            credentials, signed: signed, hosts: hosts, timeout: settings.upstream.timeout,
            known: source?.certificates(of: credentials) ?? [])
        )
      })
    let rateLimit = Policies.RateLimit(settings, lasting)
    let forward = Forward(
      merchants: { merchants[$0] }, transport: signed, hosts: hosts, verifier: AnswerVerifier(),
      settings: .init(timeout: settings.upstream.timeout, retries: settings.upstream.retries),
      budget: retryBudget)
    credentialFingerprints = Dictionary(
      uniqueKeysWithValues: preparation.credentials.map { ($0.signing.merchant, $0.fingerprint) })
    self.settings = settings
    configuration = EffectiveConfiguration(settings, preparation.catalog, salt: .ofProcess)
      .replacing(previous?.configuration)
    self.merchants = merchants
    catalog = preparation.catalog
    self.rateLimit = settings.policies.chain.contains(.rateLimit) ? rateLimit : nil
    let policies = settings.policies.chain.flatMap { name -> [any Policy] in
      // Adding a policy is adding its type, its name and its line here.
      switch name {
      case .authenticate:
        [
          Authenticate(
            callers: preparation.callers,
            mode: GatewayCore.PolicyMode(settings.policies.authenticate.mode)),
          SelectMerchant(
            merchants: Set(merchants.keys),
            mode: GatewayCore.PolicyMode(settings.policies.authenticate.mode)),
        ]
      case .validate: [Validate(mode: GatewayCore.PolicyMode(settings.policies.validate.mode))]
      case .rateLimit: [rateLimit]
      case .deduplicate: [Deduplicate(settings, lasting)]
      }
    }
    let selects = policies.contains { $0 is SelectMerchant }
    chain = Chain(
      selects ? policies : [SelectMerchant(merchants: Set(merchants.keys))] + policies,
      to: destination ?? forward)
  }
}

extension Service {
  /// The platform certificates of a merchant whose APIv3 key is still the same.
  fileprivate func certificates(of credentials: MerchantCredentials) -> [PlatformCertificate] {
    let id = credentials.signing.merchant
    guard credentialFingerprints[id] == credentials.fingerprint else { return [] }
    return merchants[id]?.keys.platformCertificates?.all ?? []
  }
}

extension Service {
  /// Why requests would fail right now; empty when the gateway is ready.
  var reasonsNotReady: [String] {
    var reasons = merchants.values.filter { !$0.keys.isReady }.map { merchant in
      let why = merchant.keys.platformCertificates?.lastFailure.map { ": \($0.detail)" } ?? ""
      return "merchant \(merchant.id) has no key yet to verify WeChat Pay's answers with\(why)"
    }.sorted()
    reasons += merchants.values.compactMap { merchant in
      merchant.credentials.problem.map { "merchant \(merchant.id) cannot sign: \($0)" }
    }.sorted()
    if hosts.statuses.allSatisfy({ $0.phase == .open }) {
      reasons.append("WeChat Pay cannot be reached: every circuit is open")
    }
    if let skew = skew.seconds, skew.magnitude > ClockSkew.warningSeconds {
      reasons.append("the clock is \(skew.magnitude) seconds from WeChat Pay's; set it")
    }
    return reasons
  }
}

extension Service {
  /// The merchants' own certificates that have expired or will soon, as `check` warns of them.
  ///
  /// - Parameter now: seconds since 1970.
  func certificateWarnings(now: Int64) -> [String] {
    merchants.values.compactMap { merchant -> String? in
      guard let expires = merchant.credentials.expires else { return nil }
      let days = (expires - now) / 86_400
      if expires <= now { return "the certificate of merchant \(merchant.id) has expired" }
      return days < 30 ? "the certificate of merchant \(merchant.id) expires in \(days) days" : nil
    }.sorted()
  }
}

/// What outlives a reload: state that requests in flight share with those to come.
struct LastingState: Sendable {
  /// Moves the bytes of both edges and runs the requests; `nil` in commands that serve nothing.
  var loop: EventLoop?
  let store: any RequestNumberStore
  let flights = Flights()
  let storeTrouble = StoreTrouble()
  let rateLimits = RateLimitState()
  let loads = ConfigurationLoads()
  let log: Log
  let metrics: GatewaySeries
  /// Where the lines of `log` are written; `nil` in commands that keep no log.
  var logs: LogFiles?
}
