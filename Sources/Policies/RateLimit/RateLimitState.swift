// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore
internal import Synchronization

/// What the requests so far have used of each quota; outlives a reload.
///
/// A merchant that has a full quota takes no room: its entry goes at the next sweep, which a shard
/// makes when it has doubled since the last one, so a million merchants cost what the active ones
/// among them cost.
package final class RateLimitState: Sendable {
  /// Sixteen locks, so that a sweep of one shard (a few milliseconds at a million merchants) delays
  /// few requests.
  private static let shardCount = 16
  private static let smallestSweep = 1024

  private struct Shard: Sendable {
    var merchants: [MerchantID: Int64] = [:]
    var operations: [OperationKey: Int64] = [:]
    var adaptive: [MerchantID: AdaptiveRate] = [:]
    var sweepAt = RateLimitState.smallestSweep

    mutating func sweepIfGrown(now: Int64) {
      guard merchants.count + operations.count >= sweepAt else { return }
      merchants = merchants.filter { $0.value > now }
      operations = operations.filter { $0.value > now }
      adaptive = adaptive.filter { !$0.value.isFull(now: now) }
      sweepAt = max(RateLimitState.smallestSweep, 2 * (merchants.count + operations.count))
    }
  }

  private struct OperationKey: Hashable {
    var merchant: MerchantID
    var operation: String
  }

  /// A limit of one operation, in addition to the merchant's.
  package struct OperationLimit: Sendable {
    package var operation: String
    package var gcra: GCRA

    package init(operation: String, gcra: GCRA) {
      self.operation = operation
      self.gcra = gcra
    }
  }

  /// The stricter of the merchant's and the operation's decision.
  package struct Decision: Sendable {
    package var waitNanoseconds: Int64
    /// Whether it is the operation's limit that makes the request wait.
    package var isOperations: Bool
    /// The merchant's.
    package var quota: Quota
  }

  private let shards: [Guarded<Shard>] = (0..<shardCount).map { _ in Guarded(Shard()) }

  private let waiters = Atomic(0)

  package init() {}

  /// Requests that wait for their turn now, for metrics.
  package var waiting: Int { waiters.load(ordering: .relaxed) }

  func whileWaiting(_ wait: () async -> Void) async {
    waiters.add(1, ordering: .relaxed)
    defer { waiters.subtract(1, ordering: .relaxed) }
    await wait()
  }

  /// Entries held, for metrics.
  package var count: Int {
    shards.reduce(0) { $0 + $1.withLock { $0.merchants.count + $0.operations.count } }
  }

  /// Admits a request when every quota has room within `maxWaitNanoseconds`, and takes its share of
  /// each; else takes nothing.
  package func admit(
    _ merchant: MerchantID, limit: GCRA, operation: OperationLimit?, maxWaitNanoseconds: Int64,
    now: Int64
  ) -> Decision {
    shard(of: merchant).withLock { shard in
      let limit = shard.adaptive[merchant]?.applied(to: limit, now: now) ?? limit
      let own = limit.decide(arrival: shard.merchants[merchant] ?? now, now: now)
      let key = operation.map { OperationKey(merchant: merchant, operation: $0.operation) }
      let other = operation.map {
        $0.gcra.decide(arrival: key.flatMap { shard.operations[$0] } ?? now, now: now)
      }
      let operationsWait = other?.waitNanoseconds ?? 0
      let wait = max(own.waitNanoseconds, operationsWait)
      let admitted = wait <= maxWaitNanoseconds
      var arrival = own.arrival
      if admitted {
        // Each quota counts the request when it goes, not when it came: a wait for the one is time
        // in which the other must not give its place away twice.
        arrival = own.reserved(after: wait)
        shard.merchants[merchant] = arrival
        if let key, let other { shard.operations[key] = other.reserved(after: wait) }
        shard.sweepIfGrown(now: now)
      }
      return Decision(
        waitNanoseconds: wait, isOperations: operationsWait > own.waitNanoseconds,
        quota: limit.quota(arrival: arrival, now: now))
    }
  }

  /// The merchant's quota as it stands, without using any of it.
  package func quota(of merchant: MerchantID, limit: GCRA, now: Int64) -> Quota {
    shard(of: merchant).withLock { shard in
      let limit = shard.adaptive[merchant]?.applied(to: limit, now: now) ?? limit
      return limit.quota(arrival: shard.merchants[merchant] ?? now, now: now)
    }
  }

  /// WeChat Pay answered 429: halves the merchant's rate.
  package func slowDown(_ merchant: MerchantID, now: Int64) {
    shard(of: merchant).withLock {
      $0.adaptive[merchant, default: AdaptiveRate()].slowDown(now: now)
    }
  }

  private func shard(of merchant: MerchantID) -> Guarded<Shard> {
    shards[Int(UInt(bitPattern: merchant.hashValue) % UInt(Self.shardCount))]
  }
}

extension GCRA {
  fileprivate func quota(arrival: Int64, now: Int64) -> Quota {
    Quota(
      limit: Int(burst), window: .nanoseconds(windowNanoseconds),
      remaining: remaining(arrival: arrival, now: now), reset: .nanoseconds(max(0, arrival - now)))
  }
}
