// SPDX-License-Identifier: Apache-2.0
import Concurrency
import GatewayCore

/// A store that says what it was asked, and fails or answers where it is told to.
final class RecordingStore: RequestNumberStore {
  private struct State: Sendable {
    var done: [String] = []
    var failing: Set<String>
    var replies: [StoreReply?]
  }

  private let inner: any RequestNumberStore
  private let state: Guarded<State>

  /// - Parameters:
  ///   - failing: operations that fail.
  ///   - replies: given to the first claims instead of the inner store's; nil fails.
  init(
    _ inner: any RequestNumberStore, failing: Set<String> = [], replies: [StoreReply?] = []
  ) {
    self.inner = inner
    state = Guarded(State(failing: failing, replies: replies))
  }

  /// From now on these operations fail, and no others.
  func fail(_ names: Set<String>) { state.withLock { $0.failing = names } }

  /// The names of the operations so far.
  var done: [String] { state.withLock { $0.done } }

  func perform(_ operations: [StoreOperation]) async throws(StoreFailure) -> [StoreReply] {
    let scripted = state.withLock { state -> StoreReply?? in
      let names = operations.map(\.name)
      state.done += names
      if names.first == "claim", !state.replies.isEmpty { return state.replies.removeFirst() }
      return state.failing.isDisjoint(with: names) ? nil : .some(nil)
    }
    if let scripted {
      guard let scripted else { throw StoreFailure(.full, detail: "no room") }
      return [scripted]
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
