// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore
internal import Glibc

/// Keeps request numbers in one SQLite file, so that they survive `kill -9`.
///
/// One thread does all the work. Whatever arrives while it commits goes into the next transaction: one
/// synchronization of the disk serves the whole group.
package final class SQLiteStore: RequestNumberStore {
  /// Operations that may wait for the disk. Far above what the gateway has in flight; a disk that hangs is told apart
  /// from one that is slow.
  private static let maximumWaiting = 65_536

  private let path: String
  private let mailbox: Mailbox

  /// Opens the file or creates it, and starts the thread. Claims that a dead gateway left become unknown.
  ///
  /// Takes time in proportion to the size of the file, which is checked for damage first.
  /// - Parameters:
  ///   - path: the database; `-wal` and `.lock` files appear beside it.
  ///   - maximumBytes: how large the database may grow; `nil` for as large as the disk allows.
  ///   - now: the store's clock, Unix time in milliseconds.
  /// - Throws: `inUse` when another gateway has it open, `corrupt` when the file is not a store or is damaged (it is left
  ///   as it is), `unavailable` when it cannot be opened.
  package init(
    path: String, maximumBytes: Int? = nil, now: @escaping @Sendable () -> Int64 = StoreTime.wall
  ) throws(StoreFailure) {
    let worker = SQLiteWorker(
      engine: try SQLiteEngine(path: path, maximumBytes: maximumBytes, now: now))
    self.path = path
    mailbox = worker.mailbox
    guard WorkerThread.start({ worker.run() }) else {
      throw StoreFailure(.unavailable, detail: "no thread for the store \(path)")
    }
  }

  // Closing without `close`: the thread finishes what it has and ends.
  deinit { mailbox.close(nil) }

  package func perform(
    _ operations: [StoreOperation]
  ) async throws(StoreFailure) -> [StoreReply] {
    guard !operations.isEmpty else { return [] }
    let result = await withCheckedContinuation { continuation in
      let batch = Mailbox.Batch(operations: operations, continuation: continuation)
      if let refusal = mailbox.post(batch, maximumWaiting: Self.maximumWaiting) {
        continuation.resume(returning: .failure(refusal))
      }
    }
    return try result.get()
  }

  package func statistics() async -> StoreStatistics {
    let tally = mailbox.tally
    return StoreStatistics(
      claimed: tally.claimed, answered: tally.answered, unknown: tally.unknown,
      bytes: Self.size(path) + Self.size(path + "-wal"))
  }

  package func close() async {
    await withCheckedContinuation { continuation in mailbox.close(continuation) }
  }

  private static func size(_ path: String) -> Int {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}

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

  private let state = Guarded(State())
  private let bell = Bell()

  /// As of the last group.
  var tally: Tally { state.withLock { $0.tally } }

  /// Adds a batch, or says why not.
  func post(_ batch: Batch, maximumWaiting: Int) -> StoreFailure? {
    let (refusal, mustRing) = state.withLock { state -> (StoreFailure?, Bool) in
      guard !state.isClosing else {
        return (StoreFailure(.unavailable, detail: "the store is closed"), false)
      }
      guard state.waitingOperations + batch.operations.count <= maximumWaiting else {
        return (
          StoreFailure(
            .unavailable,
            detail:
              "\(state.waitingOperations) operations wait for the store's disk; it hangs or is too slow"
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

/// The thread's loop around the engine.
@safe
final class SQLiteWorker: @unchecked Sendable {
  // Sendable: `engine` is made before the thread starts and touched by the thread only.
  private var engine: SQLiteEngine?
  let mailbox = Mailbox()

  /// Operations in one transaction at most, so that the first of them does not wait for all the others.
  private static let groupLimit = 1024
  /// Milliseconds between two looks for expired numbers when there is nothing else to do.
  private static let idlePause: Int64 = 10_000

  init(engine: consuming SQLiteEngine) {
    mailbox.publish(engine.tally)
    self.engine = consume engine
  }

  func run() {
    var sleep = Self.idlePause
    while true {
      switch mailbox.take() {
      case .batches(let batches): perform(batches)
      case .closing:
        // A log that cannot be written into the database now is read at the next start.
        try? engine?.checkpoint()
        engine = nil
        mailbox.end()
        return
      case .nothing:
        mailbox.sleep(milliseconds: sleep)
        // A failure here shows in the next batch, which tells its caller.
        let isMore = (try? engine?.sweep()) ?? false
        sleep = isMore ? 1 : Self.idlePause
        publish()
      }
    }
  }

  private func perform(_ batches: [Mailbox.Batch]) {
    var rest = batches[...]
    while !rest.isEmpty {
      var count = 0
      let group = rest.prefix { batch in
        defer { count += batch.operations.count }
        return count < Self.groupLimit
      }
      rest = rest.dropFirst(group.count)
      let results = engine?.perform(group.map(\.operations)) ?? []
      publish()
      for (batch, result) in zip(group, results) { batch.continuation.resume(returning: result) }
    }
  }

  private func publish() {
    if let tally = engine?.tally { mailbox.publish(tally) }
  }
}
