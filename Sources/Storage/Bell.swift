// SPDX-License-Identifier: Apache-2.0
internal import Glibc

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
