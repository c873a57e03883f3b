// SPDX-License-Identifier: Apache-2.0
import Concurrency
import GatewayCore

/// The end of a chain that does as it is told, and counts.
final class ScriptedUpstream: Destination {
  private struct State: Sendable {
    var results: [Result<Reply, Problem>]
    var calls = 0
    var isHeld = false
    var held: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Guarded<State>

  /// - Parameter results: for one call after the other; the last one stays.
  init(_ results: Result<Reply, Problem>...) {
    state = Guarded(State(results: results))
  }

  /// Requests that came as far as this.
  var calls: Int { state.withLock { $0.calls } }

  /// Keeps requests here until `letGo`.
  func hold() { state.withLock { $0.isHeld = true } }

  func letGo() {
    let held = state.withLock { state in
      state.isHeld = false
      defer { state.held = [] }
      return state.held
    }
    for continuation in held { continuation.resume() }
  }

  var next: Next { Next(to: self) }

  func reply(to exchange: Exchange) async throws(Problem) -> Reply {
    let result = state.withLock { state in
      state.calls += 1
      return state.results.count > 1 ? state.results.removeFirst() : state.results[0]
    }
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        if state.isHeld { state.held.append(continuation) }
        return !state.isHeld
      }
      if goesOn { continuation.resume() }
    }
    return try result.get()
  }
}
