// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What the loops count, for `CurlTransport.statistics`. Each counter stands alone, so no order is
/// asked for.
final class Counters: Sendable {
  let open = Atomic<Int>(0)
  let inFlight = Atomic<Int>(0)
  let made = Atomic<Int>(0)
  let reused = Atomic<Int>(0)

  func countConnection(isNew: Bool, hasStarted: Bool) {
    if isNew {
      made.add(1, ordering: .relaxed)
    } else if hasStarted {
      reused.add(1, ordering: .relaxed)
    }
  }

  /// Lets one more request in; `false` when `limit` are inside.
  func enter(limit: Int) -> Bool {
    if inFlight.add(1, ordering: .relaxed).newValue <= limit { return true }
    leave()
    return false
  }

  func leave() { inFlight.subtract(1, ordering: .relaxed) }
}
