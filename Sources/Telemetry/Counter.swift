// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// One series of a counter. Adding takes a few nanoseconds and never waits; whoever counts often
/// asks `Metrics` for it once and keeps it.
package final class Counter: Sendable {
  private let total = Atomic(0)

  package init() {}

  package func add(_ amount: Int = 1) { total.wrappingAdd(amount, ordering: .relaxed) }

  package var value: Int { total.load(ordering: .relaxed) }
}
