// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A point of the clock that never jumps (`CLOCK_MONOTONIC`).
///
/// Not `ContinuousClock.Instant`: its layout is known only at run time, and so would be that of
/// everything that holds one, which makes each access to it and each copy of it a call.
package struct Moment: Sendable, Comparable {
  /// Since an arbitrary point in the past.
  package let nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static var now: Moment {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  package static let never = Moment(nanoseconds: .max)

  package func duration(to other: Moment) -> Duration {
    .nanoseconds(other.nanoseconds - nanoseconds)
  }

  package static func < (a: Moment, b: Moment) -> Bool { a.nanoseconds < b.nanoseconds }

  package static func - (a: Moment, b: Moment) -> Duration { b.duration(to: a) }

  /// Durations of more than a century count as a century.
  package static func + (moment: Moment, duration: Duration) -> Moment {
    let (seconds, attoseconds) = duration.components
    let bounded = min(max(seconds, -century), century)
    return Moment(
      nanoseconds: moment.nanoseconds + bounded * 1_000_000_000 + attoseconds / 1_000_000_000)
  }

  private static let century: Int64 = 100 * 366 * 86_400
}
