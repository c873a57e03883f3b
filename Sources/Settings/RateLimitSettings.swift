// SPDX-License-Identifier: Apache-2.0

/// A merchant's rate limit (GCRA): never more than `burst + rate × t / per` requests in any window
/// of length t.
package struct RateLimit: Sendable, Hashable {
  /// Requests per `per`.
  package var rate: Int
  package var per: Duration
  /// Requests that may come at once.
  package var burst: Int
  /// How long a request may wait for its turn instead of being refused; zero: not at all.
  package var maxWait: Duration
  /// Whether the rate is halved when WeChat Pay itself answers 429.
  package var adaptive: Bool
}

/// `[policies.rate_limit]`: the mode, and the limit of every merchant without one of its own.
package struct RateLimitSettings: Sendable, Hashable {
  package var mode: PolicyMode
  package var limit: RateLimit
}

extension RateLimit {
  enum Keys {
    static let rate = DefaultedKey(
      "rate", .integer(1...1_000_000), default: 100,
      "How many requests a merchant may make every `per`, on average.")
    static let per = DefaultedKey(
      "per", .duration(.milliseconds(1)...(.seconds(86_400))), default: .seconds(1),
      "The time that `rate` counts for.")
    static let burst = DefaultedKey(
      "burst", .integer(1...1_000_000), default: 100,
      """
      How many requests may come at once after a pause. Where `rate` is written and `burst` is not, \
      `burst` is the same as `rate`.
      """)
    static let maxWait = DefaultedKey(
      "max_wait", .duration(.zero...(.seconds(60))), default: .zero,
      """
      Up to how long a request may wait for its turn; "0s": a request over the limit is refused \
      with 429 at once.
      """)
    static let adaptive = DefaultedKey(
      "adaptive", .boolean, default: true,
      """
      Whether a merchant's rate is halved when WeChat Pay answers 429, and recovers step by step.
      """)
  }

  static let definitions = [
    Keys.rate.definition, Keys.per.definition, Keys.burst.definition, Keys.maxWait.definition,
    Keys.adaptive.definition,
  ]

  /// The limit where gateway.conf says nothing.
  static let standard = RateLimit(
    rate: Keys.rate.standard, per: Keys.per.standard, burst: Keys.burst.standard,
    maxWait: Keys.maxWait.standard,
    adaptive: Keys.adaptive.standard)

  /// - Parameter base: what holds for a key that is not written.
  init(_ section: SectionReader, base: RateLimit) {
    let isRateWritten = section.node(Keys.rate.definition.name) != nil
    rate = section.value(Keys.rate, else: base.rate)
    per = section.value(Keys.per, else: base.per)
    burst = section.value(Keys.burst, else: isRateWritten ? rate : base.burst)
    maxWait = section.value(Keys.maxWait, else: base.maxWait)
    adaptive = section.value(Keys.adaptive, else: base.adaptive)
  }
}

extension RateLimitSettings {
  static let section = SectionDefinition(
    "policies.rate_limit",
    """
    How often each merchant may call. A merchant may have a limit of its own, see [[merchant]]. \
    Never more than burst + rate × t requests pass in any time t.
    """, keys: [PolicyMode.key.definition] + RateLimit.definitions)

  init(_ section: SectionReader) {
    mode = section.value(PolicyMode.key)
    limit = RateLimit(section, base: .standard)
  }
}
