// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// One series of a histogram of times. Observing takes a few nanoseconds and never waits; whoever
/// observes often asks `Metrics` for it once and keeps it.
package final class Histogram: Sendable {
  /// Upper bounds in nanoseconds: from a tenth of a millisecond, which no policy needs, past the
  /// half that a signature takes, to the default request timeout and beyond.
  package static let boundsNanoseconds: [Int64] =
    [100, 250, 500].map { $0 * 1000 }
    + [1, 2, 5, 10, 25, 50, 100, 250, 500].map { $0 * 1_000_000 }
    + [1, 2, 5, 10, 30].map { $0 * 1_000_000_000 }
  private static let bucketCount = 18

  private let bounds = boundsNanoseconds
  /// By bucket, not cumulative; the last one is for what is above every bound.
  private let counts = InlineArray<18, Atomic<Int>> { _ in Atomic(0) }
  /// Whole nanoseconds, so that the sum stays exact. Wraps after 584 years of time observed.
  private let sum = Atomic<UInt64>(0)

  package init() {
    precondition(bounds.count + 1 == Self.bucketCount)
  }

  package func observe(nanoseconds: Int64) {
    var bucket = 0
    // Most times are small: the search ends early.
    while bucket < bounds.count, nanoseconds > bounds[bucket] { bucket += 1 }
    counts[bucket].wrappingAdd(1, ordering: .relaxed)
    sum.wrappingAdd(UInt64(max(0, nanoseconds)), ordering: .relaxed)
  }

  /// The counts by bucket, and the sum. Read one after the other, not at one instant: the number of
  /// observations is the sum of the counts, so that both agree.
  var snapshot: (counts: [Int], sumNanoseconds: UInt64) {
    (
      (0..<Self.bucketCount).map { counts[$0].load(ordering: .relaxed) },
      sum.load(ordering: .relaxed)
    )
  }
}
