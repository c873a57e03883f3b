// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// The clocks, as a parameter, so that tests need not wait.
package struct TimeSource: Sendable {
  /// Never jumps: rate limits, timeouts, circuit breaker. Nanoseconds since an arbitrary moment.
  package var monotonicNanoseconds: @Sendable () -> Int64
  /// The wall clock: signatures and certificates. Seconds since 1970.
  package var unixSeconds: @Sendable () -> Int64
  /// Suspends the task for that long; returns early when the task is cancelled.
  package var sleep: @Sendable (Duration) async -> Void

  package init(
    monotonicNanoseconds: @escaping @Sendable () -> Int64,
    unixSeconds: @escaping @Sendable () -> Int64,
    sleep: @escaping @Sendable (Duration) async -> Void
  ) {
    self.monotonicNanoseconds = monotonicNanoseconds
    self.unixSeconds = unixSeconds
    self.sleep = sleep
  }

  package static let system = TimeSource(
    monotonicNanoseconds: { Moment.now.nanoseconds },
    unixSeconds: { Int64(time(nil)) },
    sleep: { try? await Task.sleep(for: $0, clock: .continuous) })
}

/// A duration in whole nanoseconds; about 292 years fit, and what is longer becomes that.
package func nanoseconds(_ duration: Duration) -> Int64 {
  let (seconds, attoseconds) = duration.components
  let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
  let (sum, sumOverflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
  return overflow || sumOverflow ? (seconds < 0 ? .min : .max) : sum
}
