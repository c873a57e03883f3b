// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import GatewayCore

/// The thread's loop around the engine.
@safe
final class RedisWorker: @unchecked Sendable {
  // Sendable: `engine` is made before the thread starts and touched by the thread only.
  private var engine: RedisEngine?
  let mailbox = Mailbox()
  let counted = Guarded(StoreStatistics(claimed: 0, answered: 0, unknown: 0, bytes: 0))
  let weakness: String?

  /// A batch without operations asks for a count.
  static let countOnly: [StoreOperation] = []
  /// Operations in one turn to the server at most, so that the first of them does not wait for all
  /// the others.
  private static let groupLimit = 1024
  /// Nothing has to be done without being asked; a ring ends the sleep.
  private static let sleepMilliseconds: Int64 = 3_600_000

  init(engine: consuming RedisEngine) {
    weakness = engine.weakness
    self.engine = consume engine
  }

  func run() {
    while true {
      switch mailbox.take() {
      case .batches(let batches): perform(batches)
      case .closing:
        engine = nil
        mailbox.end()
        return
      case .nothing: mailbox.sleep(milliseconds: Self.sleepMilliseconds)
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
      let results = zip(group, engine?.perform(group.map(\.operations)) ?? [])
      for (batch, result) in results where !batch.operations.isEmpty {
        batch.continuation.resume(returning: result)
      }
      guard group.contains(where: \.operations.isEmpty) else { continue }
      if let statistics = try? engine?.statistics() { counted.withLock { $0 = statistics } }
      for (batch, result) in results where batch.operations.isEmpty {
        batch.continuation.resume(returning: result)
      }
    }
  }
}
