// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import Cryptography
package import GatewayCore
internal import Glibc

/// Keeps request numbers in a Redis server (7.0 or newer, or Valkey), so that several gateways share
/// them.
///
/// One thread does all the work. Whatever arrives while it waits for the server goes out together.
/// How durable a change is when it has been made, and whether it survives the server's failing over,
/// is the server's to say: with `appendonly yes` and `appendfsync always` it is on the disk.
package final class RedisStore: RequestNumberStore {
  private let mailbox: Mailbox
  private let counted: Guarded<StoreStatistics>
  /// What the server does not promise, for the operator; `nil` when a change is on its disk when it
  /// has been made.
  package let weakness: String?

  /// Connects, and starts the thread.
  /// - Parameter password: of the server's default user; `nil` sends none.
  /// - Throws: `unavailable` when the server cannot be reached, `unfit` when it lets nobody in, is too
  ///   old, a replica or in a cluster, or would forget numbers to make room.
  package init(_ address: RedisAddress, password: SecretBytes? = nil) throws(StoreFailure) {
    let engine = try Self.engine(address, password)
    weakness = engine.weakness
    let worker = RedisWorker(engine: consume engine)
    mailbox = worker.mailbox
    counted = worker.counted
    try StoreThread.start(for: "\(address)") { worker.run() }
  }

  /// Finds out whether `init` could use the server. Changes nothing but the script in it.
  /// - Returns: what `weakness` would be.
  /// - Throws: what `init` would.
  package static func check(
    _ address: RedisAddress, password: SecretBytes? = nil
  ) throws(StoreFailure) -> String? {
    try engine(address, password).weakness
  }

  private static func engine(
    _ address: RedisAddress, _ password: SecretBytes?
  ) throws(StoreFailure) -> RedisEngine {
    do throws(RedisError) {
      return try RedisEngine(address, password: password)
    } catch {
      throw StoreFailure(error, address: address)
    }
  }

  // Closing without `close`: the thread finishes what it has and ends.
  deinit { mailbox.close(nil) }

  package func perform(
    _ operations: [StoreOperation]
  ) async throws(StoreFailure) -> [StoreReply] {
    guard !operations.isEmpty else { return [] }
    return try await mailbox.perform(operations)
  }

  /// As of now, or as it was last known when the server cannot say.
  package func statistics() async -> StoreStatistics {
    _ = try? await mailbox.perform(RedisWorker.countOnly)
    return counted.withLock { $0 }
  }

  package func close() async { await mailbox.close() }
}
