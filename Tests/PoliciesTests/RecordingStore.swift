// SPDX-License-Identifier: Apache-2.0
import Concurrency
import GatewayCore

/// A store that says what it was asked, and fails or answers where it is told to.
final class RecordingStore: RequestNumberStore {
  private struct State: Sendable {
    var done: [String] = []
    var replies: [StoreReply]
  }

  private let inner: any RequestNumberStore
  private let failing: Set<String>
  private let state: Guarded<State>

  /// - Parameters:
  ///   - failing: operations that fail.
  ///   - replies: given to the first claims instead of the inner store's.
  init(
    _ inner: any RequestNumberStore, failing: Set<String> = [], replies: [StoreReply] = []
  ) {
    self.inner = inner
    self.failing = failing
    state = Guarded(State(replies: replies))
  }

  /// The names of the operations so far.
  var done: [String] { state.withLock { $0.done } }

  func perform(_ operations: [StoreOperation]) async throws(StoreFailure) -> [StoreReply] {
    let scripted = state.withLock { state -> StoreReply? in
      state.done += operations.map(\.name)
      guard operations.first?.name == "claim", !state.replies.isEmpty else { return nil }
      return state.replies.removeFirst()
    }
    if let scripted { return [scripted] }
    guard failing.isDisjoint(with: operations.map(\.name)) else {
      throw StoreFailure(.full, detail: "no room")
    }
    return try await inner.perform(operations)
  }

  func statistics() async -> StoreStatistics { await inner.statistics() }

  func close() async { await inner.close() }
}

extension StoreOperation {
  fileprivate var name: String {
    switch self {
    case .claim: "claim"
    case .answered: "answered"
    case .unknown: "unknown"
    case .released: "released"
    }
  }
}
