// SPDX-License-Identifier: Apache-2.0

/// `caller.rate_limit` (GCRA): never more than `burst + rate × t / per` requests in any window of
/// length t.
package struct CallerRateLimit: Sendable, Hashable {
  /// Requests per `per`.
  package var rate: Int
  package var per: Duration
  /// Requests that may come at once.
  package var burst: Int
}

extension CallerRateLimit {
  enum Keys {
    static let rate = RequiredKey(
      "rate", .integer(1...1_000_000),
      "How many requests the caller may make every `per`, on average.")
    static let per = DefaultedKey(
      "per", .duration(.milliseconds(1)...(.seconds(86_400))), default: .seconds(1),
      "The time that `rate` counts for.")
    static let burst = OptionalKey(
      "burst", .integer(1...1_000_000),
      "How many requests may come at once after a pause. Absent: the same as `rate`.")
  }

  private static let section = SectionDefinition(
    "caller.rate_limit", "How often a caller may call.",
    keys: [Keys.rate.definition, Keys.per.definition, Keys.burst.definition])

  static let type = ValueType<CallerRateLimit>(
    "a table with rate and optionally per and burst", table: section,
    read: { node, keyPath, findings in
      let reader = SectionReader(node, at: keyPath, section, findings: findings)
      let rate = reader.value(Keys.rate)
      let per = reader.value(Keys.per)
      let burst = reader.value(Keys.burst)
      return rate.map { CallerRateLimit(rate: $0, per: per, burst: burst ?? $0) }
    }, write: { _ in "" })
}
