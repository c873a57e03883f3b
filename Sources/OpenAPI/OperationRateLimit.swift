// SPDX-License-Identifier: Apache-2.0

/// An operation's own limit per merchant (`x-rate-limit`), in addition to the merchant's, as GCRA
/// wants it.
///
/// Written as `{ limit: 1000, per: 60s }`, a published limit, or as `{ rate: 20, per: 1s, burst:
/// 20 }`, in the terms of gateway.conf. GCRA admits up to `burst + rate × t` requests in a window
/// of length t. So that no window of length `period` has more than what is published, the burst is
/// a tenth of the limit and the rate is the rest.
package struct OperationRateLimit: Sendable, Equatable {
  /// What is published: never more than this many requests in any window of length `period`.
  package let limit: Int
  /// The window that `limit` and `rate` count in.
  package let period: Duration
  /// Requests per `period`, at least 1.
  package let rate: Int
  /// Requests that may come at once, at least 1.
  package let burst: Int

  /// - Parameter limit: at least 1.
  package init(limit: Int, per period: Duration) {
    precondition(limit >= 1 && period > .zero, "a limit of \(limit) per \(period)")
    self.limit = limit
    self.period = period
    burst = max(1, limit / 10)
    rate = max(1, limit - burst)
  }

  /// - Parameters:
  ///   - rate: at least 1.
  ///   - burst: at least 1.
  package init(rate: Int, per period: Duration, burst: Int) {
    precondition(rate >= 1 && burst >= 1 && period > .zero, "\(rate) per \(period), \(burst)")
    limit = rate + burst
    self.period = period
    self.rate = rate
    self.burst = burst
  }
}
