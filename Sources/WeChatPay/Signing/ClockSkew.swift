// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore
internal import HTTP

/// How far this machine's wall clock is from WeChat Pay's, measured from its answers.
///
/// An answer tells the time twice, in `Date` and in `Wechatpay-Timestamp`. The nearer one counts,
/// and of the last three answers the nearest: an old answer that someone sends again must not look
/// like a wrong clock.
///
/// A measurement is kept against the monotonic clock, so a wall clock that jumps is noticed before
/// anything is signed with it, and so is one that was set right.
package final class ClockSkew: Sendable {
  /// `/readyz` says so above this.
  package static let warningSeconds: Int64 = 60
  /// WeChat Pay refuses a timestamp that is 300 seconds off; signing stops before.
  package static let limitSeconds: Int64 = 270
  private static let answersCounted = 3
  /// Between two questions for the time while the clock looks wrong.
  private static let probeNanoseconds: Int64 = 10_000_000_000
  /// Two clocks that are read in whole seconds seem to move against each other by as much.
  fileprivate static let roundingSeconds: Int64 = 2

  fileprivate struct Measurement: Sendable {
    var skew: Int64
    /// The wall clock less the monotonic one, then.
    var wallOffset: Int64
  }

  private struct State: Sendable {
    var latest: [Measurement] = []
    var measuredAt: Int64 = 0
  }

  private let state = Guarded(State())
  private let time: TimeSource

  package init(time: TimeSource = .system) {
    self.time = time
  }

  /// Seconds that WeChat Pay's clock is ahead; negative when it is behind. `nil` before the first
  /// answer.
  package var seconds: Int64? {
    let offset = wallOffset
    return state.withLock { state in
      state.latest.reduce(nil) { Self.nearer($0, $1.skew(at: offset)) }
    }
  }

  /// The skew, when it is too large to sign with: three answers have to agree on that.
  package var tooLarge: Int64? {
    guard state.withLock({ $0.latest.count == Self.answersCounted }) else { return nil }
    return seconds.flatMap { $0.magnitude > Self.limitSeconds ? $0 : nil }
  }

  /// Whether WeChat Pay should be asked for the time: the clock looks wrong, and no answer has come
  /// for ten seconds that would say otherwise.
  package var isProbeDue: Bool {
    guard let seconds, seconds.magnitude > Self.warningSeconds else { return false }
    let now = time.monotonicNanoseconds()
    return state.withLock { now - $0.measuredAt >= Self.probeNanoseconds }
  }

  func measure(_ headers: Headers) {
    let now = time.unixSeconds()
    let date = headers["Date"].flatMap(HTTPDate.seconds).flatMap { Self.skew(of: $0, now) }
    let timestamp = headers["Wechatpay-Timestamp"].flatMap { Int64($0) }
      .flatMap { Self.skew(of: $0, now) }
    guard let skew = Self.nearer(date, timestamp) else { return }
    let measurement = Measurement(skew: skew, wallOffset: wallOffset)
    let measuredAt = time.monotonicNanoseconds()
    state.withLock { state in
      if state.latest.count == Self.answersCounted { state.latest.removeFirst() }
      state.latest.append(measurement)
      state.measuredAt = measuredAt
    }
  }

  private static func skew(of time: Int64, _ now: Int64) -> Int64? {
    let (skew, overflow) = time.subtractingReportingOverflow(now)
    return overflow ? nil : skew
  }

  private static func nearer(_ a: Int64?, _ b: Int64?) -> Int64? {
    guard let a, let b else { return a ?? b }
    return a.magnitude <= b.magnitude ? a : b
  }

  private var wallOffset: Int64 {
    time.unixSeconds() - time.monotonicNanoseconds() / 1_000_000_000
  }
}

extension ClockSkew.Measurement {
  /// What became of it when the wall clock has jumped since.
  fileprivate func skew(at offset: Int64) -> Int64 {
    let jump = offset - wallOffset
    guard jump.magnitude > ClockSkew.roundingSeconds else { return skew }
    let (now, overflow) = skew.subtractingReportingOverflow(jump)
    return overflow ? skew : now
  }
}
