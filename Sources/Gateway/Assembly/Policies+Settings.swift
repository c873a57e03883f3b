// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import Policies
internal import Settings
internal import WeChatPay

extension GatewayCore.PolicyMode {
  init(_ mode: Settings.PolicyMode) {
    self = mode == .observe ? .observe : .enforce
  }
}

extension Policies.RateLimit {
  convenience init(_ settings: GatewaySettings, _ lasting: LastingState) {
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

  fileprivate init(_ limit: CallerRateLimit) {
    self.init(rate: limit.rate, per: limit.per, burst: limit.burst)
  }
}

extension Deduplicate {
  convenience init(_ settings: GatewaySettings, _ lasting: LastingState) {
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
  convenience init(
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
