// SPDX-License-Identifier: Apache-2.0

/// An operation's own limit per merchant (`x-rate-limit`), in addition to the merchant's.
package struct OperationRateLimit: Sendable, Equatable {
  /// Requests per `period`, at least 1.
  package var rate: Int
  package var period: Duration
  /// Requests that may come at once, at least 1. Never more than `burst + rate × t` in any window of length t.
  package var burst: Int

  package init(rate: Int, period: Duration, burst: Int) {
    self.rate = rate
    self.period = period
    self.burst = burst
  }
}
