// SPDX-License-Identifier: Apache-2.0

#if THREAD_SANITIZER
  internal import Glibc

  /// A value behind a lock, for state that is touched briefly and never across a suspension.
  ///
  /// ThreadSanitizer does not see `Synchronization.Mutex` on Linux and would report false races, so
  /// its build uses a pthread lock.
  @safe
  public final class Guarded<Value: Sendable>: @unchecked Sendable {
    // Sendable: `value` is only touched while `lock` is held.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    public init(_ value: Value) {
      unsafe lock = .allocate(capacity: 1)
      unsafe lock.initialize(to: pthread_mutex_t())
      let result = unsafe pthread_mutex_init(lock, nil)
      precondition(result == 0, "pthread_mutex_init: \(result)")
      self.value = value
    }

    deinit {
      unsafe pthread_mutex_destroy(lock)
      unsafe lock.deallocate()
    }

    public func withLock<Result, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      unsafe pthread_mutex_lock(lock)
      defer { unsafe pthread_mutex_unlock(lock) }
      return try body(&value)
    }
  }
#else
  public import Synchronization

  /// A value behind a lock, for state that is touched briefly and never across a suspension.
  ///
  /// Public and inlinable, unlike everything else: the compiler specializes generic code across
  /// targets only then, and unspecialized every lock would look up the types of its value and its
  /// result at run time, which costs several times the lock (measured: 4 µs of 15 in a request of
  /// the front end).
  public final class Guarded<Value: Sendable>: Sendable {
    @usableFromInline let mutex: Mutex<Value>

    @inlinable public init(_ value: Value) { mutex = Mutex(value) }

    @inlinable public func withLock<Result, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try mutex.withLock { value throws(Failure) in try body(&value) }
    }
  }
#endif
