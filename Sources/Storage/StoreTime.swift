// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The stores' clocks, in milliseconds.
package enum StoreTime {
  /// Unix time. For what outlives the process; follows every correction of the system's clock.
  package static func wall() -> Int64 { milliseconds(CLOCK_REALTIME) }

  /// Time since the system started, sleep included; never jumps. For what dies with the process.
  package static func monotonic() -> Int64 { milliseconds(CLOCK_BOOTTIME) }

  /// `now + duration`, no further than the largest number.
  static func adding(_ duration: Duration, to now: Int64) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return seconds > 0 ? .max : .min }
    let (sum, sumOverflow) = now.addingReportingOverflow(
      whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue)
    return sumOverflow ? (seconds > 0 ? .max : .min) : sum
  }

  private static func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // clock_gettime(2) fails for a clock that does not exist only.
    let done = unsafe clock_gettime(clock, &time)
    precondition(done == 0, "no clock \(clock)")
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
