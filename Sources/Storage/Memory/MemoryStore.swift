// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore

/// Keeps request numbers in memory: for tests, and for gateways that may forget them at a restart.
package final class MemoryStore: RequestNumberStore {
  /// How much it may hold. Answers make room, oldest first; claims and unknown outcomes never do.
  package struct Limits: Sendable {
    /// Request numbers, in any state.
    package var numbers: Int
    /// Bytes of answers and records, as counted by the store.
    package var bytes: Int

    package init(numbers: Int = 200_000, bytes: Int = 128 * 1024 * 1024) {
      self.numbers = numbers
      self.bytes = bytes
    }
  }

  private let now: @Sendable () -> Int64
  private let table: Guarded<NumberTable>

  /// - Parameter now: the store's clock, in milliseconds.
  package init(
    limits: Limits = Limits(), now: @escaping @Sendable () -> Int64 = StoreTime.monotonic
  ) {
    self.now = now
    table = Guarded(NumberTable(limits: limits))
  }

  package func perform(
    _ operations: [StoreOperation]
  ) async throws(StoreFailure) -> [StoreReply] {
    let time = now()
    return try table.withLock { table throws(StoreFailure) in
      try table.perform(operations, now: time)
    }
  }

  package func statistics() async -> StoreStatistics {
    table.withLock { table in
      StoreStatistics(
        claimed: table.tally.claimed, answered: table.tally.answered, unknown: table.tally.unknown,
        bytes: table.bytes)
    }
  }

  package func close() async {}
}
