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

  /// A batch without operations asks for a count.
  static let countOnly: [StoreOperation] = []
  /// Nothing has to be done without being asked; a ring ends the sleep.
  private static let sleepMilliseconds: Int64 = 3_600_000

  init(engine: consuming RedisEngine) { self.engine = consume engine }

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
    batches.inGroups { group in
      let results = zip(group, engine?.perform(group.map(\.operations)) ?? [])
      for (batch, result) in results where !batch.operations.isEmpty {
        batch.continuation.resume(returning: result)
      }
      guard group.contains(where: \.operations.isEmpty) else { return }
      if let statistics = try? engine?.statistics() { counted.withLock { $0 = statistics } }
      for (batch, result) in results where batch.operations.isEmpty {
        batch.continuation.resume(returning: result)
      }
    }
  }
}
