// SPDX-License-Identifier: Apache-2.0
internal import Clocks
package import GatewayCore
internal import OpenAPI

/// Holds every merchant to its rate (CONTRACT 2.3): GCRA per merchant, per operation where its
/// document says so, and per caller where `gateway.conf` does.
package final class RateLimit: Policy {
  package static let stage = Stage.rateLimit

  /// What became of a request's turn, for metrics.
  package enum Event: String, Sendable, CaseIterable {
    case admitted, waited, refused
    /// Would have been refused in `enforce` mode.
    case observed
    /// WeChat Pay answered 429, and the merchant's rate was lowered.
    case slowedDown = "slowed_down"
  }

  private let rules: @Sendable (MerchantID) -> RateLimitRule
  private let callerRules: [String: RateLimitRule]
  private let state: RateLimitState
  private let mode: PolicyMode
  private let time: TimeSource
  private let report: @Sendable (Event, MerchantID) -> Void

  /// - Parameters:
  ///   - rules: the merchant's own rule, or the default one.
  ///   - callerRules: by the names of the callers that have one.
  ///   - report: told what became of each request's turn.
  package init(
    rules: @escaping @Sendable (MerchantID) -> RateLimitRule,
    callerRules: [String: RateLimitRule] = [:], state: RateLimitState,
    mode: PolicyMode = .enforce, time: TimeSource = .system,
    report: @escaping @Sendable (Event, MerchantID) -> Void = { _, _ in }
  ) {
    self.rules = rules
    self.callerRules = callerRules
    self.state = state
    self.mode = mode
    self.time = time
    self.report = report
  }

  package func handle(_ exchange: Exchange, next: Next) async throws(Problem) -> Reply {
    guard let merchant = exchange.merchant else { return try await next(exchange) }
    let rule = rules(merchant)
    try await takeTurn(exchange, merchant, rule)
    do {
      return try await next(exchange)
    } catch {
      if rule.adaptive, error.upstream?.status == 429, !error.replayed,
        state.slowDown(merchant, now: time.monotonicNanoseconds())
      {
        report(.slowedDown, merchant)
      }
      throw error
    }
  }

  /// The merchant's quota as it stands, for answers that never came as far as this policy.
  package func quota(of merchant: MerchantID) -> Quota {
    state.quota(of: merchant, limit: rules(merchant).gcra, now: time.monotonicNanoseconds())
  }

  /// As `quota(of:)`; `nil` for a caller without a limit of its own.
  package func quota(ofCaller name: String) -> Quota? {
    callerLimit(name).map { state.quota(ofCaller: $0, now: time.monotonicNanoseconds()) }
  }

  private func callerLimit(_ name: String?) -> RateLimitState.CallerLimit? {
    guard let name, let rule = callerRules[name] else { return nil }
    return RateLimitState.CallerLimit(caller: name, gcra: rule.gcra)
  }

  private func takeTurn(
    _ exchange: Exchange, _ merchant: MerchantID, _ rule: RateLimitRule
  ) async throws(Problem) {
    // A request in `observe` mode never waits: the mode must not change what callers see.
    let patience =
      mode == .observe ? .zero : min(rule.maxWait, max(.zero, exchange.deadline - .now))
    let decision = state.admit(
      merchant, limit: rule.gcra, operation: operationLimit(exchange),
      caller: callerLimit(exchange.grant.caller),
      maxWaitNanoseconds: nanoseconds(patience), now: time.monotonicNanoseconds())
    exchange.journal.note {
      $0.quota = decision.quota
      $0.operationQuota = decision.operationQuota
      $0.callerQuota = decision.callerQuota
    }
    let wait = Duration.nanoseconds(decision.waitNanoseconds)
    guard wait > .zero else { return report(.admitted, merchant) }
    guard wait <= patience else {
      report(mode == .observe ? .observed : .refused, merchant)
      try mode.refuse(
        refusal(exchange, merchant, rule, by: decision.strictest, wait), by: Self.name, exchange)
      return
    }
    report(.waited, merchant)
    await state.whileWaiting { await time.sleep(wait) }
  }

  private func operationLimit(_ exchange: Exchange) -> RateLimitState.OperationLimit? {
    exchange.operation.rateLimit.map { limit in
      RateLimitState.OperationLimit(
        operation: exchange.operation.id,
        gcra: GCRA(rate: limit.rate, perNanoseconds: nanoseconds(limit.period), burst: limit.burst))
    }
  }

  private func refusal(
    _ exchange: Exchange, _ merchant: MerchantID, _ rule: RateLimitRule,
    by owner: RateLimitState.Owner, _ wait: Duration
  ) -> Problem {
    let message =
      switch owner {
      case .merchant:
        "merchant \(merchant) may call \(rule.rate) times per \(spelled(rule.per))"
      case .operation:
        "merchant \(merchant) may call \(exchange.operation.id)"
          + (exchange.operation.rateLimit.map { " \($0.rate) times per \(spelled($0.period))" }
            ?? " less often")
      case .caller:
        "caller \(exchange.grant.caller ?? "")"
          + (callerRules[exchange.grant.caller ?? ""].map {
            " may call \($0.rate) times per \(spelled($0.per))"
          } ?? " may call less often")
      }
    return Problem(.frequencyLimited, message, retryAfter: wait)
  }
}

extension RateLimitRule {
  package var gcra: GCRA { GCRA(rate: rate, perNanoseconds: nanoseconds(per), burst: burst) }
}

private func spelled(_ period: Duration) -> String {
  switch period {
  case .seconds(1): return "second"
  case .seconds(60): return "minute"
  case .seconds(3600): return "hour"
  default:
    let milliseconds = nanoseconds(period) / 1_000_000
    return milliseconds % 1000 == 0
      ? "\(milliseconds / 1000) seconds" : "\(milliseconds) milliseconds"
  }
}
