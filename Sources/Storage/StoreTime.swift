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

  fileprivate static func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // clock_gettime(2) fails for a clock that does not exist only.
    let done = unsafe clock_gettime(clock, &time)
    precondition(done == 0, "no clock \(clock)")
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

/// The clock of a store that outlives the process: Unix time in milliseconds, on its guard against
/// a system clock that jumps. Whatever the system's clock does while the process lives, no number
/// is forgotten before its time.
package struct StoreClock: Sendable {
  private let wall: @Sendable () -> Int64
  private let steady: @Sendable () -> Int64

  /// The system's.
  package init() {
    let offset = StoreTime.wall() - StoreTime.monotonic()
    self.init(wall: StoreTime.wall, steady: { StoreTime.monotonic() + offset })
  }

  /// - Parameters:
  ///   - wall: follows every correction.
  ///   - steady: began with the wall clock and never jumps.
  package init(
    wall: @escaping @Sendable () -> Int64, steady: @escaping @Sendable () -> Int64
  ) {
    self.wall = wall
    self.steady = steady
  }

  /// What has come by now, by both clocks.
  var now: Int64 { min(wall(), steady()) }

  /// When what begins now and lasts so long is over, by both clocks.
  func end(of lifetime: Duration) -> Int64 {
    StoreTime.adding(lifetime, to: max(wall(), steady()))
  }
}
