// SPDX-License-Identifier: Apache-2.0

/// A rate limit as `gateway.conf` or `x-rate-limit` states it.
package struct RateLimitRule: Sendable, Equatable {
  package var rate: Int
  package var per: Duration
  package var burst: Int
  /// How long a request may wait for its turn instead of being refused; 0: not at all.
  package var maxWait: Duration
  /// Whether a 429 of WeChat Pay slows the merchant down.
  package var adaptive: Bool

  package init(
    rate: Int, per: Duration, burst: Int, maxWait: Duration = .zero, adaptive: Bool = true
  ) {
    self.rate = rate
    self.per = per
    self.burst = burst
    self.maxWait = maxWait
    self.adaptive = adaptive
  }
}
