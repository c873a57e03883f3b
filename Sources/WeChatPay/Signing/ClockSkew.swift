// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore
internal import HTTP

/// How far this machine's clock is from WeChat Pay's, measured from its answers.
///
/// An answer tells the time twice, in `Date` and in `Wechatpay-Timestamp`. The nearer one counts,
/// and of the last three answers the nearest: an old answer that someone sends again must not look
/// like a wrong clock.
package final class ClockSkew: Sendable {
  /// `/readyz` says so above this.
  package static let warningSeconds: Int64 = 60
  /// WeChat Pay refuses a timestamp that is 300 seconds off; signing stops before.
  package static let limitSeconds: Int64 = 270
  private static let answersCounted = 3
  /// A measurement is good for so long; then requests go out again and measure anew.
  private static let lifetimeNanoseconds: Int64 = 30_000_000_000

  private struct State: Sendable {
    var latest: [Int64] = []
    var measuredAt: Int64 = 0
  }

  private let state = Guarded(State())
  private let time: TimeSource

  package init(time: TimeSource = .system) {
    self.time = time
  }

  /// Seconds that WeChat Pay's clock is ahead; negative when it is behind. `nil` before three
  /// answers, and when the latest is older than half a minute.
  package var seconds: Int64? {
    let now = time.monotonicNanoseconds()
    return state.withLock { state in
      guard state.latest.count == Self.answersCounted,
        now - state.measuredAt < Self.lifetimeNanoseconds
      else { return nil }
      return state.latest.min { $0.magnitude < $1.magnitude }
    }
  }

  /// The nearest of the latest answers, however few and old they are; `nil` before the first one.
  package var measured: Int64? {
    state.withLock { $0.latest.min { $0.magnitude < $1.magnitude } }
  }

  /// The skew, when it is too large to sign with.
  var tooLarge: Int64? { seconds.flatMap { $0.magnitude > Self.limitSeconds ? $0 : nil } }

  func measure(_ headers: Headers) {
    let now = time.unixSeconds()
    let times = [
      headers["Date"].flatMap(httpDate), headers["Wechatpay-Timestamp"].flatMap { Int64($0) },
    ]
    let skews = times.compactMap { $0?.subtractingReportingOverflow(now) }.filter { !$0.overflow }
    guard let skew = skews.map(\.partialValue).min(by: { $0.magnitude < $1.magnitude }) else {
      return
    }
    let measuredAt = time.monotonicNanoseconds()
    state.withLock { state in
      state.latest = (state.latest + [skew]).suffix(Self.answersCounted)
      state.measuredAt = measuredAt
    }
  }
}
