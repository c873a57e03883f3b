// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Starts a thread of its own, for work that blocks.
enum WorkerThread {
  /// - Returns: `false` when the system has no more threads.
  static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // Retained here; released by the thread, or below when there is none.
    let work = unsafe Unmanaged.passRetained(Work(body: body))
    let code = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        }
        return nil
      }, work.toOpaque())
    if code != 0 { unsafe work.release() }
    return code == 0
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// What one thread sleeps on until another has something for it.
@safe
final class Bell: @unchecked Sendable {
  // Sendable: a POSIX semaphore is made for several threads, and has one address for its life.
  private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    unsafe semaphore = .allocate(capacity: 1)
    let done = unsafe sem_init(semaphore, 0, 0)
    precondition(done == 0, "sem_init fails for a value above SEM_VALUE_MAX only")
  }

  deinit {
    unsafe sem_destroy(semaphore)
    unsafe semaphore.deallocate()
  }

  func ring() { unsafe sem_post(semaphore) }

  /// Sleeps until it was rung or the time is up, by the wall clock: one that goes back makes the
  /// sleep longer, which a ring still ends.
  func wait(milliseconds: Int64) {
    var end = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &end)
    let nanoseconds = Int64(end.tv_nsec) + milliseconds % 1000 * 1_000_000
    end.tv_sec += Int(milliseconds / 1000 + nanoseconds / 1_000_000_000)
    end.tv_nsec = Int(nanoseconds % 1_000_000_000)
    while unsafe sem_timedwait(semaphore, &end) != 0, errno == EINTR {}
  }
}
