// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore
internal import Glibc

/// Keeps request numbers in one SQLite file, so that they survive `kill -9`.
///
/// One thread does all the work. Whatever arrives while it commits goes into the next transaction:
/// one synchronization of the disk serves the whole group. Numbers answered of late are replayed
/// from memory.
package final class SQLiteStore: RequestNumberStore {
  private let path: String
  private let mailbox: Mailbox
  private let answers: Guarded<AnswerCache>
  private let clock: StoreClock

  /// Opens the file or creates it, and starts the thread. Claims that a dead gateway left become
  /// unknown.
  ///
  /// Takes time in proportion to the size of the file, which is checked for damage first.
  /// - Parameters:
  ///   - path: the database; `-wal` and `.lock` files appear beside it.
  ///   - maximumBytes: how large the database may grow; `nil` for as large as the disk allows.
  /// - Throws: `inUse` when another gateway has it open, `corrupt` when the file is not a store or
  ///   is damaged (it is left as it is), `unavailable` when it cannot be opened.
  package init(
    path: String, maximumBytes: Int? = nil, clock: StoreClock = StoreClock()
  ) throws(StoreFailure) {
    let worker = SQLiteWorker(
      engine: try SQLiteEngine(path: path, maximumBytes: maximumBytes, clock: clock))
    self.path = path
    self.clock = clock
    mailbox = worker.mailbox
    answers = worker.answers
    try StoreThread.start(for: path) { worker.run() }
  }

  /// Finds out whether `init` could open or make the file. Changes nothing, and may be asked while a
  /// gateway uses the file.
  /// - Throws: `corrupt` when it is no store of this gateway, `unavailable` when it cannot be
  ///   opened for writing.
  package static func check(path: String) throws(StoreFailure) {
    try StoreFile.check(path)
  }

  // Closing without `close`: the thread finishes what it has and ends.
  deinit { mailbox.close(nil) }

  package func perform(
    _ operations: [StoreOperation]
  ) async throws(StoreFailure) -> [StoreReply] {
    guard !operations.isEmpty else { return [] }
    if operations.count == 1, case .claim(let key, let fingerprint, _, lease: _) = operations[0],
      let reply = answers.withLock({
        $0.reply(to: NumberDigest(key), fingerprint: fingerprint, now: clock.now)
      })
    {
      return [reply]
    }
    return try await mailbox.perform(operations)
  }

  package func statistics() async -> StoreStatistics {
    let tally = mailbox.tally
    return StoreStatistics(
      claimed: tally.claimed, answered: tally.answered, unknown: tally.unknown,
      bytes: Self.size(path) + Self.size(path + "-wal"))
  }

  package func close() async { await mailbox.close() }

  private static func size(_ path: String) -> Int {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
