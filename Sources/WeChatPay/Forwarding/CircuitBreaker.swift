// SPDX-License-Identifier: Apache-2.0

/// Keeps requests from a host that does not answer: opens after consecutive failures, lets one
/// request through to probe when its time is over, closes at the first answer.
package struct CircuitBreaker: Sendable, Equatable {
  package enum Phase: String, Sendable, CaseIterable {
    case closed
    case open
    case halfOpen = "half_open"
  }

  /// Enough that a handful of lost requests does not close the road for everyone.
  package static let failuresToOpen = 10
  /// The first pause, doubled after every probe that fails.
  package static let shortestPauseNanoseconds: Int64 = 1_000_000_000
  package static let longestPauseNanoseconds: Int64 = 30_000_000_000

  package private(set) var phase = Phase.closed
  private var failures = 0
  private var pauseNanoseconds = shortestPauseNanoseconds
  private var changedAt: Int64 = 0

  package init() {}

  /// Whether a request may go now. A probe's place is taken by asking, and given back after the
  /// longest pause when the prober never said how it ended.
  package mutating func admits(now: Int64) -> Bool {
    switch phase {
    case .closed:
      return true
    case .open where now - changedAt >= pauseNanoseconds,
      .halfOpen where now - changedAt >= Self.longestPauseNanoseconds:
      phase = .halfOpen
      changedAt = now
      return true
    case .open, .halfOpen:
      return false
    }
  }

  package mutating func succeeded() {
    self = CircuitBreaker()
  }

  /// - Returns: whether this failure opened the circuit.
  package mutating func failed(now: Int64) -> Bool {
    failures += 1
    switch phase {
    case .halfOpen:
      pauseNanoseconds = min(2 * pauseNanoseconds, Self.longestPauseNanoseconds)
    case .closed where failures >= Self.failuresToOpen:
      break
    case .closed, .open:
      return false
    }
    phase = .open
    changedAt = now
    return true
  }

  /// How long until a probe may go; 0 when a request may go now.
  package func waitNanoseconds(now: Int64) -> Int64 {
    switch phase {
    case .closed: 0
    case .open: max(0, changedAt + pauseNanoseconds - now)
    case .halfOpen: max(0, changedAt + Self.longestPauseNanoseconds - now)
    }
  }
}
