// SPDX-License-Identifier: Apache-2.0
package import Clocks
internal import Concurrency

/// What happened to one request on its way, written by the steps and read once it is answered.
package final class Journal: Sendable {
  package struct Entry: Sendable {
    package var caller: String?
    package var merchant: MerchantID?
    package var requestNumber: String?
    /// Attempts that were made to reach WeChat Pay.
    package var attempts = 0
    /// How long each stage took, in the order they ended; one that every attempt has is there for
    /// each of them.
    package var stages: [StageTime] = []
    /// Refusals that a policy in `observe` mode did not make.
    package var observed: [Observed] = []
    /// What the merchant's quota looked like, for the `RateLimit` headers.
    package var quota: Quota?
    /// The same of the operation's quota, where it has one.
    package var operationQuota: Quota?
    /// The same of the caller's quota, where it has one.
    package var callerQuota: Quota?

    /// The policy that has the request, and since when.
    fileprivate var open: (stage: Stage, since: Moment)?

    package init() { stages.reserveCapacity(Stage.allCases.count) }

    fileprivate mutating func end(_ stage: Stage, since start: Moment, _ now: Moment) {
      stages.append(StageTime(stage, nanoseconds: now.nanoseconds - start.nanoseconds))
    }

    /// The stages that were reached, with all attempts added up.
    package var stageTimes: [StageTime] {
      if attempts <= 1 { return stages }
      var times: [StageTime] = []
      times.reserveCapacity(stages.count)
      for time in stages {
        if let index = times.firstIndex(where: { $0.stage == time.stage }) {
          times[index].nanoseconds += time.nanoseconds
        } else {
          times.append(time)
        }
      }
      return times
    }
  }

  package struct StageTime: Sendable, Equatable {
    package var stage: Stage
    package var nanoseconds: Int64

    package init(_ stage: Stage, nanoseconds: Int64) {
      self.stage = stage
      self.nanoseconds = nanoseconds
    }
  }

  package struct Observed: Sendable, Equatable {
    package var policy: String
    package var code: String

    package init(policy: String, code: String) {
      self.policy = policy
      self.code = code
    }
  }

  private let state = Guarded(Entry())

  package init() {}

  package var entry: Entry { state.withLock { $0 } }

  package func note(_ change: (inout Entry) -> Void) {
    state.withLock { change(&$0) }
  }

  package func observed(policy: String, code: String) {
    note { $0.observed.append(Observed(policy: policy, code: code)) }
  }

  /// Adds the time since `start` as a stage.
  package func ended(_ stage: Stage, since start: Moment) {
    let now = Moment.now
    note { $0.end(stage, since: start, now) }
  }

  /// The request is at a policy now; the one before has ended.
  func enter(_ stage: Stage) { move(to: stage) }

  /// The request is at no policy any more.
  func leave() { move(to: nil) }

  private func move(to stage: Stage?) {
    let now = Moment.now
    note { entry in
      if let open = entry.open { entry.end(open.stage, since: open.since, now) }
      entry.open = stage.map { ($0, now) }
    }
  }
}

/// A merchant's rate limit as it stands after a decision, in the terms of
/// draft-ietf-httpapi-ratelimit-headers.
package struct Quota: Sendable, Equatable {
  /// Requests that may come at once.
  package var limit: Int
  /// Time in which a used-up quota is full again.
  package var window: Duration
  package var remaining: Int
  /// Until the quota is full again.
  package var reset: Duration

  package init(limit: Int, window: Duration, remaining: Int, reset: Duration) {
    self.limit = limit
    self.window = window
    self.remaining = remaining
    self.reset = reset
  }
}
