// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore

/// Clocks that a test moves by hand. A sleep ends at once and moves them.
package final class ManualTime: Sendable {
  private struct State: Sendable {
    var nanoseconds: Int64
    var unixSecondsAtZero: Int64
    var sleeps: [Duration] = []
  }

  private let state: Guarded<State>

  /// - Parameters:
  ///   - nanoseconds: the monotonic clock at the beginning.
  ///   - unixSeconds: the wall clock at the beginning.
  package init(nanoseconds: Int64 = 0, unixSeconds: Int64 = 1_700_000_000) {
    state = Guarded(
      State(nanoseconds: nanoseconds, unixSecondsAtZero: unixSeconds - nanoseconds / 1_000_000_000))
  }

  /// The monotonic clock.
  package var nanoseconds: Int64 { state.withLock { $0.nanoseconds } }

  /// The wall clock.
  package var unixSeconds: Int64 {
    state.withLock { $0.unixSecondsAtZero + $0.nanoseconds / 1_000_000_000 }
  }

  /// Every sleep so far, in order.
  package var sleeps: [Duration] { state.withLock { $0.sleeps } }

  package func advance(by duration: Duration) {
    state.withLock { $0.nanoseconds += GatewayCore.nanoseconds(duration) }
  }

  /// The wall clock alone goes forward or back.
  package func jumpWallClock(by duration: Duration) {
    state.withLock { $0.unixSecondsAtZero += duration.components.seconds }
  }

  /// For the code under test.
  package var source: TimeSource {
    TimeSource(
      monotonicNanoseconds: { self.nanoseconds }, unixSeconds: { self.unixSeconds },
      sleep: { duration in
        self.state.withLock {
          $0.nanoseconds += GatewayCore.nanoseconds(duration)
          $0.sleeps.append(duration)
        }
      })
  }
}
