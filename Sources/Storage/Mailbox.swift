// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import GatewayCore

/// What goes to the thread: batches, and the wish to end.
final class Mailbox: Sendable {
  struct Batch: Sendable {
    let operations: [StoreOperation]
    let continuation: CheckedContinuation<Result<[StoreReply], StoreFailure>, Never>
  }

  enum Delivery {
    case batches([Batch])
    case nothing
    case closing
  }

  private struct State: Sendable {
    var batches: [Batch] = []
    var waitingOperations = 0
    var isThreadAsleep = false
    var isClosing = false
    var hasEnded = false
    var closers: [CheckedContinuation<Void, Never>] = []
    var tally = Tally()
  }

  /// Operations that may wait. Far above what the gateway has in flight; a disk or a server that hangs
  /// is told apart from one that is slow.
  private static let maximumWaiting = 65_536

  private let state = Guarded(State())
  private let bell = Bell()

  /// As of the last group.
  var tally: Tally { state.withLock { $0.tally } }

  /// Has the thread carry out the operations.
  func perform(_ operations: [StoreOperation]) async throws(StoreFailure) -> [StoreReply] {
    let result = await withCheckedContinuation { continuation in
      if let refusal = post(Batch(operations: operations, continuation: continuation)) {
        continuation.resume(returning: .failure(refusal))
      }
    }
    return try result.get()
  }

  /// Adds a batch, or says why not.
  private func post(_ batch: Batch) -> StoreFailure? {
    let (refusal, mustRing) = state.withLock { state -> (StoreFailure?, Bool) in
      guard !state.isClosing else {
        return (StoreFailure(.unavailable, detail: "the store is closed"), false)
      }
      guard state.waitingOperations + batch.operations.count <= Self.maximumWaiting else {
        return (
          StoreFailure(
            .unavailable,
            detail:
              "\(state.waitingOperations) operations wait for the store; it hangs or is too slow"
          ),
          false
        )
      }
      state.batches.append(batch)
      state.waitingOperations += batch.operations.count
      defer { state.isThreadAsleep = false }
      return (nil, state.isThreadAsleep)
    }
    if mustRing { bell.ring() }
    return refusal
  }

  /// Ends the thread and returns once everything that was posted is done.
  func close() async { await withCheckedContinuation { close($0) } }

  /// Ends the thread once everything that was posted is done; `continuation` is resumed then.
  func close(_ continuation: CheckedContinuation<Void, Never>?) {
    let hasEnded = state.withLock { state in
      state.isClosing = true
      if let continuation, !state.hasEnded { state.closers.append(continuation) }
      return state.hasEnded
    }
    if hasEnded { continuation?.resume() } else { bell.ring() }
  }

  /// Everything that waits, for the thread; it must sleep when there is nothing.
  func take() -> Delivery {
    state.withLock { state in
      if !state.batches.isEmpty {
        defer {
          state.batches = []
          state.waitingOperations = 0
        }
        return .batches(state.batches)
      }
      if state.isClosing { return .closing }
      state.isThreadAsleep = true
      return .nothing
    }
  }

  /// What has come since; the thread stays awake.
  func takeMore() -> [Batch] {
    state.withLock { state in
      defer {
        state.batches = []
        state.waitingOperations = 0
      }
      return state.batches
    }
  }

  func sleep(milliseconds: Int64) {
    bell.wait(milliseconds: milliseconds)
    state.withLock { $0.isThreadAsleep = false }
  }

  func publish(_ tally: Tally) { state.withLock { $0.tally = tally } }

  /// The thread has let go of the file.
  func end() {
    let closers = state.withLock { state in
      state.hasEnded = true
      defer { state.closers = [] }
      return state.closers
    }
    for closer in closers { closer.resume() }
  }
}

extension [Mailbox.Batch] {
  /// Operations in one group at most, so that the first of them does not wait for all the others.
  private static let groupLimit = 1024

  /// In their order, as many at a time as make a group.
  func inGroups(_ body: (SubSequence) -> Void) {
    var rest = self[...]
    while !rest.isEmpty {
      var count = 0
      let group = rest.prefix { batch in
        defer { count += batch.operations.count }
        return count < Self.groupLimit
      }
      rest = rest.dropFirst(group.count)
      body(group)
    }
  }
}
