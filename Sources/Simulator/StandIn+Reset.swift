// SPDX-License-Identifier: Apache-2.0
internal import Concurrency

extension StandIn {
  /// Back to the start: books, faults and counters. Nonces and platform keys stay, as they would at WeChat Pay.
  func reset() {
    faults.withLock { $0.removeAll() }
    books.withLock { $0 = initialBooks }
    journal.withLock { $0 = initialJournal }
  }
}
