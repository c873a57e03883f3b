// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore

/// Bounds retries to a share of recent requests, so that an outage is not multiplied (Google SRE
/// book, chapter 21, "Handling Overload"): every request puts a part of a retry in, every retry
/// takes a whole one out.
package final class RetryBudget: Sendable {
  /// What a request puts in: two retries for ten requests.
  private static let deposit = 0.2
  /// What time puts in, so that a gateway with little to do may retry all the same.
  private static let perSecond = 10.0
  /// What is saved at most, and there at the start.
  private static let most = 100.0

  private struct State: Sendable {
    var retries = RetryBudget.most
    var filledAt: Int64
  }

  private let state: Guarded<State>
  private let time: TimeSource

  package init(time: TimeSource = .system) {
    self.time = time
    state = Guarded(State(filledAt: time.monotonicNanoseconds()))
  }

  /// A request begins.
  package func requestBegan() {
    fill(adding: Self.deposit)
  }

  /// - Returns: whether a retry may be made; it is taken when it may.
  package func takeRetry() -> Bool {
    fill(adding: 0)
    return state.withLock { state in
      guard state.retries >= 1 else { return false }
      state.retries -= 1
      return true
    }
  }

  private func fill(adding amount: Double) {
    let now = time.monotonicNanoseconds()
    state.withLock { state in
      let elapsed = Double(max(0, now - state.filledAt)) / 1e9
      state.retries = min(Self.most, state.retries + amount + elapsed * Self.perSecond)
      state.filledAt = max(now, state.filledAt)
    }
  }
}
