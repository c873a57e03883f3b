// SPDX-License-Identifier: Apache-2.0

#if THREAD_SANITIZER
  internal import Foundation

  /// A value behind a lock, for state that is touched briefly and never across a suspension.
  ///
  /// ThreadSanitizer does not see `Synchronization.Mutex` on Linux and would report false races, so its build
  /// uses a pthread lock.
  package final class Guarded<Value: Sendable>: @unchecked Sendable {
    // Sendable: `value` is only touched while `lock` is held.
    private let lock = NSLock()
    private var value: Value

    package init(_ value: Value) { self.value = value }

    package func withLock<Result, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      lock.lock()
      defer { lock.unlock() }
      return try body(&value)
    }
  }
#else
  internal import Synchronization

  /// A value behind a lock, for state that is touched briefly and never across a suspension.
  package final class Guarded<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    package init(_ value: Value) { mutex = Mutex(value) }

    package func withLock<Result, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try mutex.withLock { value throws(Failure) in try body(&value) }
    }
  }
#endif
