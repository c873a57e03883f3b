// SPDX-License-Identifier: Apache-2.0
internal import Concurrency

/// What a stand-in gives, one value after the other; counts, and makes whoever asks wait while it is
/// held.
package final class Script<Value: Sendable>: Sendable {
  private struct State: Sendable {
    var values: [Value]
    var count = 0
    var isHeld = false
    var held: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Guarded<State>

  /// - Parameter values: at least one; the last one stays.
  package init(_ values: [Value]) { state = Guarded(State(values: values)) }

  /// How often somebody asked.
  package var count: Int { state.withLock { $0.count } }

  /// Keeps those who ask until `letGo`.
  package func hold() { state.withLock { $0.isHeld = true } }

  package func letGo() {
    let held = state.withLock { state in
      state.isHeld = false
      defer { state.held = [] }
      return state.held
    }
    for continuation in held { continuation.resume() }
  }

  package func next() async -> Value {
    let value = state.withLock { state in
      state.count += 1
      return state.values.count > 1 ? state.values.removeFirst() : state.values[0]
    }
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        if state.isHeld { state.held.append(continuation) }
        return !state.isHeld
      }
      if goesOn { continuation.resume() }
    }
    return value
  }
}
