// SPDX-License-Identifier: Apache-2.0

/// How far WeChat Pay's 429s have slowed a merchant down: halved at once, recovered step by step,
/// never above the configured rate (additive increase, multiplicative decrease, as in RFC 5681).
package struct AdaptiveRate: Sendable, Equatable {
  /// Share of the configured rate at the last 429, in 1/1024.
  private var shareThen: Int64
  private var slowedAt: Int64

  /// A step of recovery: a tenth of the configured rate.
  private static let stepsToFull: Int64 = 10
  private static let whole: Int64 = 1024
  /// 1/64 of the configured rate is as slow as it gets, so that recovery is never far.
  private static let slowest: Int64 = 16
  /// Concurrent requests that were all refused at one moment count as one refusal.
  private static let settlingNanoseconds: Int64 = 1_000_000_000
  package static let stepNanoseconds: Int64 = 5_000_000_000

  package init() {
    shareThen = Self.whole
    slowedAt = 0
  }

  /// - Returns: whether this refusal counted.
  package mutating func slowDown(now: Int64) -> Bool {
    guard shareThen == Self.whole || now - slowedAt >= Self.settlingNanoseconds else {
      return false
    }
    shareThen = max(Self.slowest, share(now: now) / 2)
    slowedAt = now
    return true
  }

  package func isFull(now: Int64) -> Bool { share(now: now) == Self.whole }

  /// The configured rule, slowed down as far as it is at `now`.
  package func applied(to gcra: GCRA, now: Int64) -> GCRA {
    let share = share(now: now)
    return share == Self.whole ? gcra : gcra.slowed(share: share, of: Self.whole)
  }

  private func share(now: Int64) -> Int64 {
    guard shareThen < Self.whole else { return Self.whole }
    let steps = max(0, now - slowedAt) / Self.stepNanoseconds
    return min(Self.whole, shareThen + steps * Self.whole / Self.stepsToFull)
  }
}
