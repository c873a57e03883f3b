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

  /// A limit of the caller, whatever the merchant.
  package struct CallerLimit: Sendable {
    package var caller: String
    package var gcra: GCRA

    package init(caller: String, gcra: GCRA) {
      self.caller = caller
      self.gcra = gcra
    }
  }

  /// Whose limit it is.
  package enum Owner: Sendable { case merchant, operation, caller }

  /// The strictest of the merchant's, the operation's and the caller's decision.
  package struct Decision: Sendable {
    package var waitNanoseconds: Int64
    /// Whose limit makes the request wait.
    package var strictest: Owner
    /// The merchant's.
    package var quota: Quota
    /// The operation's; `nil` without a limit of its own.
    package var operationQuota: Quota?
    /// The caller's; `nil` without a limit of its own.
    package var callerQuota: Quota?
  }

  /// As many as `gateway.conf` has had callers with a limit. Locked before a shard, never after.
  private let callers = Guarded<[String: Int64]>([:])
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
    _ merchant: MerchantID, limit: GCRA, operation: OperationLimit?, caller: CallerLimit? = nil,
    maxWaitNanoseconds: Int64, now: Int64
  ) -> Decision {
    guard let caller else {
      return admit(
        merchant, limit: limit, operation: operation, after: 0,
        maxWaitNanoseconds: maxWaitNanoseconds, now: now)
    }
    // Both decide under both locks, so that neither takes a share when the other refuses.
    return callers.withLock { callers in
      let gcra = caller.gcra
      var arrival = callers[caller.caller] ?? now
      let own = gcra.decide(arrival: arrival, now: now)
      var decision = admit(
        merchant, limit: limit, operation: operation, after: own.waitNanoseconds,
        maxWaitNanoseconds: maxWaitNanoseconds, now: now)
      if decision.waitNanoseconds <= maxWaitNanoseconds {
        arrival = own.reserved(after: decision.waitNanoseconds)
        callers[caller.caller] = arrival
      }
      decision.callerQuota = gcra.quota(arrival: arrival, now: now)
      return decision
    }
  }

  /// - Parameter callersWait: at least so long must the request wait for its caller's turn.
  private func admit(
    _ merchant: MerchantID, limit: GCRA, operation: OperationLimit?, after callersWait: Int64,
    maxWaitNanoseconds: Int64, now: Int64
  ) -> Decision {
    shard(of: merchant).withLock { shard in
      let limit = shard.adaptive[merchant]?.applied(to: limit, now: now) ?? limit
      var arrival = shard.merchants[merchant] ?? now
      let own = limit.decide(arrival: arrival, now: now)
      let key = operation.map { OperationKey(merchant: merchant, operation: $0.operation) }
      var operationArrival = key.flatMap { shard.operations[$0] } ?? now
      let other = operation.map { $0.gcra.decide(arrival: operationArrival, now: now) }
      let operationsWait = other?.waitNanoseconds ?? 0
      let merchantsWait = max(own.waitNanoseconds, operationsWait)
      let wait = max(merchantsWait, callersWait)
      let admitted = wait <= maxWaitNanoseconds
      if admitted {
        // Each quota counts the request when it goes, not when it came: a wait for the one is time
        // in which the other must not give its place away twice.
        arrival = own.reserved(after: wait)
        shard.merchants[merchant] = arrival
        if let key, let other {
          operationArrival = other.reserved(after: wait)
          shard.operations[key] = operationArrival
        }
        shard.sweepIfGrown(now: now)
      }
      return Decision(
        waitNanoseconds: wait,
        strictest: callersWait > merchantsWait
          ? .caller : operationsWait > own.waitNanoseconds ? .operation : .merchant,
        quota: limit.quota(arrival: arrival, now: now),
        operationQuota: operation.map { $0.gcra.quota(arrival: operationArrival, now: now) })
    }
  }

  /// The merchant's quota as it stands, without using any of it.
  package func quota(of merchant: MerchantID, limit: GCRA, now: Int64) -> Quota {
    shard(of: merchant).withLock { shard in
      let limit = shard.adaptive[merchant]?.applied(to: limit, now: now) ?? limit
      return limit.quota(arrival: shard.merchants[merchant] ?? now, now: now)
    }
  }

  /// The caller's quota as it stands, without using any of it.
  package func quota(ofCaller limit: CallerLimit, now: Int64) -> Quota {
    limit.gcra.quota(arrival: callers.withLock { $0[limit.caller] } ?? now, now: now)
  }

  /// WeChat Pay answered 429: halves the merchant's rate.
  ///
  /// - Returns: `false` when it was halved for another request of the same moment.
  @discardableResult
  package func slowDown(_ merchant: MerchantID, now: Int64) -> Bool {
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
