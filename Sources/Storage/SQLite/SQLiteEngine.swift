// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

/// The SQLite store's work, on one thread: groups of batches, each group in one transaction.
struct SQLiteEngine: ~Copyable {
  /// Expired numbers that one transaction of requests takes away at most, besides two for each
  /// operation.
  private static let sweepStep = 8
  /// The same for a transaction that does nothing else.
  static let idleSweepStep = 256
  /// Milliseconds between two looks for expired numbers while there were none.
  static let sweepPause: Int64 = 1000

  private let path: String
  let clock: StoreClock
  // In this order: the database is closed before the lock is given up.
  let connection: SQLiteConnection
  let statements: StoreStatements
  private let lock: LockFile
  /// Counts the openings of this file; a claim of an earlier one has no owner left.
  let start: Int64
  var tally: Tally
  var sweepAfter: Int64 = .min
  /// Of the open transaction and those committed since they were last taken.
  var answerChanges: [AnswerCache.Change] = []

  init(
    path: String, maximumBytes: Int?, clock: StoreClock
  ) throws(StoreFailure) {
    let lock = try LockFile(path: path + ".lock")
    let connection = try StoreFile.open(path: path, maximumBytes: maximumBytes)
    let (start, tally) = try Self.begin(connection, path)
    let statements = try StoreStatements.prepared(on: connection, path: path)
    self.path = path
    self.clock = clock
    self.start = start
    self.tally = tally
    self.statements = statements
    self.connection = connection
    self.lock = lock
  }

  /// Counts this opening. Claims of the one before are unknown from here on.
  private static func begin(
    _ connection: borrowing SQLiteConnection, _ path: String
  ) throws(StoreFailure) -> (start: Int64, Tally) {
    do throws(SQLiteError) {
      try connection.execute(
        "UPDATE store SET start = start + 1, unknown = unknown + claimed, claimed = 0")
      let row = try connection.prepare("SELECT start, claimed, answered, unknown FROM store")
      guard try row.step() else { throw .damaged("the table store is empty") }
      let tally = Tally(
        claimed: Int(row.integer(1)), answered: Int(row.integer(2)), unknown: Int(row.integer(3)))
      return (row.integer(0), tally)
    } catch {
      throw StoreFailure(error, path: path)
    }
  }

  /// Carries out the batches in order and makes all of them durable at once.
  ///
  /// - Returns: the replies of each batch, or why nothing of it was done.
  mutating func perform(
    _ batches: [[StoreOperation]]
  ) -> [Result<[StoreReply], StoreFailure>] {
    do throws(SQLiteError) {
      return try inTransaction { engine throws(SQLiteError) in
        let now = engine.clock.now
        let count = batches.reduce(0) { $0 + $1.count }
        try engine.sweepIfDue(now: now, atMost: Self.sweepStep + 2 * count)
        var replies: [Result<[StoreReply], StoreFailure>] = []
        for batch in batches {
          var batchReplies: [StoreReply] = []
          for operation in batch { batchReplies.append(try engine.perform(operation, now: now)) }
          replies.append(.success(batchReplies))
        }
        return replies
      }
    } catch {
      let failure = StoreFailure(error, path: path)
      // One large answer may be what does not fit: the others get their own chance.
      if failure.code == .full, batches.count > 1 {
        return batches.flatMap { batch in perform([batch]) }
      }
      return batches.map { batch in recall(batch).map(Result.success) ?? .failure(failure) }
    }
  }

  /// Takes expired numbers away.
  ///
  /// - Returns: whether there may be more.
  mutating func sweep() throws(StoreFailure) -> Bool {
    do throws(SQLiteError) {
      return try inTransaction { engine throws(SQLiteError) in
        let removed = try engine.removeExpired(now: engine.clock.now, atMost: Self.idleSweepStep)
        // Gives pages at the end of the file back, a few at a time:
        // https://www.sqlite.org/pragma.html#pragma_incremental_vacuum
        try engine.connection.execute("PRAGMA incremental_vacuum(\(Self.idleSweepStep))")
        return removed == Self.idleSweepStep
      }
    } catch {
      throw StoreFailure(error, path: path)
    }
  }

  /// What was answered and claimed since the last call, once committed.
  mutating func takeAnswerChanges() -> [AnswerCache.Change] {
    defer { answerChanges = [] }
    return answerChanges
  }

  /// Writes the log into the database, so that the file stands alone.
  func checkpoint() throws(StoreFailure) {
    do throws(SQLiteError) {
      try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    } catch {
      throw StoreFailure(error, path: path)
    }
  }

  private mutating func inTransaction<Value>(
    _ body: (inout SQLiteEngine) throws(SQLiteError) -> Value
  ) throws(SQLiteError) -> Value {
    let before = tally
    let changesBefore = answerChanges.count
    do throws(SQLiteError) {
      try statements.begin.run()
      let value = try body(&self)
      if tally != before { try write(tally) }
      try statements.commit.run()
      return value
    } catch {
      tally = before
      answerChanges.removeLast(answerChanges.count - changesBefore)
      sweepAfter = .min
      // The error may have ended the transaction already; if the rollback fails too, the next BEGIN
      // says so.
      if connection.isInTransaction { try? statements.rollback.run() }
      throw error
    }
  }

  private func write(_ tally: Tally) throws(SQLiteError) {
    try statements.setTally.bind(1, Int64(tally.claimed))
    try statements.setTally.bind(2, Int64(tally.answered))
    try statements.setTally.bind(3, Int64(tally.unknown))
    try statements.setTally.run()
  }
}
