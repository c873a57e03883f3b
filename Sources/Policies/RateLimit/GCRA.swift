// SPDX-License-Identifier: Apache-2.0

/// The generic cell rate algorithm (ITU-T I.371, annex A): a rate and a burst in one number of
/// state.
///
/// Never more than `burst + rate × t` requests pass in any window of length t: the interval is
/// rounded up to whole nanoseconds, so rounding can only make the limit stricter.
package struct GCRA: Sendable, Equatable {
  /// Time that one request costs.
  package let intervalNanoseconds: Int64
  /// Requests that may come at once, at least 1.
  package let burst: Int64

  /// - Parameters:
  ///   - rate: requests per `per`, at least 1.
  ///   - burst: at least 1. One that takes more than 100 years to come back is cut down to what
  ///     comes back in 100.
  package init(rate: Int, perNanoseconds: Int64, burst: Int) {
    precondition(rate >= 1 && perNanoseconds >= 1 && burst >= 1, "rate \(rate), burst \(burst)")
    let rate = Int64(rate)
    let interval = perNanoseconds / rate + (perNanoseconds % rate == 0 ? 0 : 1)
    intervalNanoseconds = min(Self.longestWindowNanoseconds, interval)
    self.burst = max(1, min(Int64(burst), Self.longestWindowNanoseconds / intervalNanoseconds))
  }

  /// 100 years: a state, an interval and a window more than now still fit 64 bits.
  private static let longestWindowNanoseconds: Int64 = 3_155_760_000_000_000_000

  /// The time from an empty quota to a full one.
  package var windowNanoseconds: Int64 {
    intervalNanoseconds * burst
  }

  /// What a request at `now` would get, given the theoretical arrival time that the requests before
  /// it left.
  package func decide(arrival: Int64, now: Int64) -> Decision {
    let next = max(arrival, now) + intervalNanoseconds
    let wait = next - windowNanoseconds - now
    return Decision(
      arrival: wait <= 0 ? next : arrival, waitNanoseconds: max(0, wait), arrivalBefore: arrival,
      gcra: self,
      now: now)
  }

  /// Whole requests left at `now`.
  package func remaining(arrival: Int64, now: Int64) -> Int {
    Int(max(0, windowNanoseconds - max(0, arrival - now)) / intervalNanoseconds)
  }

  package struct Decision: Sendable, Equatable {
    /// The state to keep: moved on when the request is admitted now, unchanged when it is not.
    package let arrival: Int64
    /// 0: admitted now.
    package let waitNanoseconds: Int64
    fileprivate let arrivalBefore: Int64
    fileprivate let gcra: GCRA
    fileprivate let now: Int64

    /// The state to keep when the request goes after a wait.
    ///
    /// - Parameter nanoseconds: at least `waitNanoseconds`.
    package func reserved(after nanoseconds: Int64) -> Int64 {
      max(arrivalBefore, now + nanoseconds) + gcra.intervalNanoseconds
    }

    package var isAdmitted: Bool { waitNanoseconds == 0 }
    package var remaining: Int { gcra.remaining(arrival: arrival, now: now) }
    /// Until the quota is full again.
    package var resetNanoseconds: Int64 { max(0, arrival - now) }
  }
}

extension GCRA {
  private init(intervalNanoseconds: Int64, burst: Int64) {
    self.intervalNanoseconds = intervalNanoseconds
    self.burst = burst
  }

  /// The same limit at a part of its rate; the burst shrinks with it, so that a burst does not undo
  /// the slowing.
  ///
  /// Never looser than the limit itself: the burst is what fits the same window at the longer
  /// interval.
  package func slowed(share: Int64, of whole: Int64) -> GCRA {
    let interval = (Int128(intervalNanoseconds) * Int128(whole) + Int128(share) - 1) / Int128(share)
    let slower = Int64(min(Int128(Self.longestWindowNanoseconds), interval))
    return GCRA(intervalNanoseconds: slower, burst: max(1, windowNanoseconds / slower))
  }
}
