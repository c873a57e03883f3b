// SPDX-License-Identifier: Apache-2.0
package import Clocks
internal import Concurrency

/// What `operation` gives, or `nil` when the deadline comes first; the operation goes on all the
/// same, for the others that wait for it.
package func result<Value: Sendable>(
  before deadline: Moment, of operation: @escaping @Sendable () async -> Value
) async -> Value? {
  await withCheckedContinuation { continuation in
    let waiting = Guarded<CheckedContinuation<Value?, Never>?>(continuation)
    let take = { @Sendable in
      waiting.withLock { continuation in
        defer { continuation = nil }
        return continuation
      }
    }
    let alarm = Task {
      try? await Task.sleep(for: deadline - .now)
      take()?.resume(returning: nil)
    }
    Task {
      let value = await operation()
      take()?.resume(returning: value)
      alarm.cancel()
    }
  }
}
