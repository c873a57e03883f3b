// SPDX-License-Identifier: Apache-2.0
internal import Concurrency

/// What happened to one request on its way, written by the steps and read once it is answered.
package final class Journal: Sendable {
  package struct Entry: Sendable {
    package var caller: String?
    package var merchant: MerchantID?
    package var requestNumber: String?
    /// Attempts that were made to reach WeChat Pay.
    package var attempts = 0
    /// How long each stage took, over all attempts, in the order they first ended.
    package var stages: [Stage] = []
    /// Refusals that a policy in `observe` mode did not make.
    package var observed: [Observed] = []
    /// What the merchant's quota looked like, for the `RateLimit` headers.
    package var quota: Quota?

    package init() {}
  }

  package struct Stage: Sendable, Equatable {
    package var name: String
    package var duration: Duration
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

  /// Adds the time since `start` to a stage.
  package func ended(_ stage: String, since start: ContinuousClock.Instant) {
    let duration = ContinuousClock.now - start
    note { entry in
      if let index = entry.stages.firstIndex(where: { $0.name == stage }) {
        entry.stages[index].duration += duration
      } else {
        entry.stages.append(Stage(name: stage, duration: duration))
      }
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
