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
struct Service: Sendable {
  let settings: GatewaySettings
  /// The settings for operators to see.
  let configuration: EffectiveConfiguration
  let catalog: Catalog
  let merchants: [MerchantID: Merchant]
  /// What each merchant's platform certificates were obtained with.
  let credentialFingerprints: [MerchantID: [UInt8]]
  let chain: Next
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
  let rateLimits = RateLimitState()
  let loads = ConfigurationLoads()
  let log: Log
  let metrics: GatewaySeries
  /// Where the lines of `log` are written; `nil` in commands that keep no log.
  var logs: LogFiles?
}
