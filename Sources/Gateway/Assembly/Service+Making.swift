// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import HTTPClient
internal import Policies
internal import Settings
internal import Telemetry
internal import WeChatPay

extension Service {
  /// Wires a service from a configuration and the state that outlives it.
  ///
  /// - Parameter previous: the service that this one replaces; its connections and certificates are
  ///   kept where the configuration of them is the same.
  /// - Parameter last: what stands at the chain's end instead of the call to WeChat Pay.
  /// - Throws: when libcurl cannot be set up.
  init(
    _ preparation: Preparation, lasting: LastingState, replacing previous: Service?,
    last: Next? = nil
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
          connectTimeout: settings.upstream.connectTimeout, caFile: settings.upstream.caFile))
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
    let signed = SignedTransport(transport: transport, skew: skew, signed: lasting.audit)
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
    // The type is spelled out: without it the compiler crashes here (Swift 6.3).
    let forwards: Next = { exchange throws(Problem) -> Reply in try await forward(exchange) }
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
    chain = GatewayCore.chain(
      selects ? policies : [SelectMerchant(merchants: Set(merchants.keys))] + policies,
      endingIn: last ?? forwards)
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

extension GatewayCore.PolicyMode {
  init(_ mode: Settings.PolicyMode) {
    self = mode == .observe ? .observe : .enforce
  }
}

extension Policies.RateLimit {
  fileprivate init(_ settings: GatewaySettings, _ lasting: LastingState) {
    let general = RateLimitRule(settings.policies.rateLimit.limit)
    let own = Dictionary(
      uniqueKeysWithValues: settings.merchants.map {
        (MerchantID($0.id), RateLimitRule($0.rateLimit))
      })
    let callers = settings.callers.compactMap { caller in
      caller.rateLimit.map { (caller.name, RateLimitRule($0)) }
    }
    self.init(
      rules: { own[$0] ?? general },
      callerRules: Dictionary(callers) { first, _ in first }, state: lasting.rateLimits,
      mode: GatewayCore.PolicyMode(settings.policies.rateLimit.mode),
      report: lasting.rateLimited)
  }
}

extension RateLimitRule {
  init(_ limit: Settings.RateLimit) {
    self.init(
      rate: limit.rate, per: limit.per, burst: limit.burst, maxWait: limit.maxWait,
      adaptive: limit.adaptive)
  }
}

extension RateLimitRule {
  fileprivate init(_ limit: CallerRateLimit) {
    self.init(rate: limit.rate, per: limit.per, burst: limit.burst)
  }
}

extension Deduplicate {
  fileprivate init(_ settings: GatewaySettings, _ lasting: LastingState) {
    self.init(
      store: lasting.store, flights: lasting.flights,
      settings: .init(
        lifetime: settings.policies.deduplicate.ttl,
        // Longer than any request can take, so that a claim in use is never taken over.
        lease: settings.server.requestTimeout + settings.upstream.timeout + .seconds(60),
        forwardsOnStoreFailure: settings.store.onStoreFailure == .forward,
        mode: GatewayCore.PolicyMode(settings.policies.deduplicate.mode)),
      report: lasting.deduplicated)
  }
}

extension Merchant {
  fileprivate init(
    _ credentials: MerchantCredentials, signed: SignedTransport, hosts: Hosts, timeout: Duration,
    known: [PlatformCertificate]
  ) {
    let certificates = credentials.apiV3Key.map { key in
      let download = CertificateDownload(
        credentials: credentials.signing, apiV3Key: key, transport: signed, hosts: hosts,
        timeout: timeout,
        verifier: AnswerVerifier())
      return PlatformCertificates(known: known) { await download.run() }
    }
    self.init(
      credentials: credentials.signing,
      keys: VerificationKeys(publicKey: credentials.publicKey, certificates: certificates))
  }
}
