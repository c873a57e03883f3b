// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import Concurrency
internal import Glibc
internal import HTTP

/// One request on its way through a loop, and who waits for its end.
struct Job: Sendable {
  let id: UInt64
  let request: OutboundRequest
  let waiter: CheckedContinuation<Result<InboundAnswer, TransportFailure>, Never>
}

/// What tasks hand to a loop's thread. The thread is woken once for all that arrives while it
/// sleeps, and not at all while it is awake.
final class Mailbox: Sendable {
  /// What the thread takes out at once.
  struct Contents: Sendable {
    var jobs: [Job] = []
    var cancellations: [UInt64] = []
    var isClosing = false

    var isEmpty: Bool { jobs.isEmpty && cancellations.isEmpty }
  }

  fileprivate struct State: Sendable {
    var contents = Contents()
    var isAsleep = false
  }

  private let state = Guarded(State())
  /// Readable whenever the thread was woken. The thread watches it edge-triggered and never reads
  /// it: each write is an edge of its own (epoll(7)), and the counter cannot run full within a
  /// process's life.
  let wakeUps: Int32

  /// - Throws: the errno of eventfd(2).
  init() throws(SystemCallError) {
    wakeUps = ccurl_eventfd()
    guard wakeUps >= 0 else { throw SystemCallError(call: "eventfd", number: errno) }
  }

  deinit { _ = ccurl_close(wakeUps) }

  /// Hands over a job; `false` when the loop is closing and will not take it.
  func post(_ job: Job) -> Bool {
    let (isTaken, mustWake) = state.withLock { state in
      if state.contents.isClosing { return (false, false) }
      state.contents.jobs.append(job)
      return (true, state.wake())
    }
    if mustWake { wake() }
    return isTaken
  }

  /// Asks the loop to give up the job with this id, if it still has it.
  func cancel(_ id: UInt64) {
    let mustWake = state.withLock { state in
      state.contents.cancellations.append(id)
      return state.wake()
    }
    if mustWake { wake() }
  }

  /// Lets no further job in; the thread ends once those inside have ended.
  func close() {
    let mustWake = state.withLock { state in
      state.contents.isClosing = true
      return state.wake()
    }
    if mustWake { wake() }
  }

  /// Everything that has arrived since the last call. When that is nothing, the thread counts as
  /// asleep from here on and the next arrival wakes it.
  func take() -> Contents {
    state.withLock { state in
      let taken = state.contents
      state.contents.jobs = []
      state.contents.cancellations = []
      state.isAsleep = taken.isEmpty
      return taken
    }
  }

  private func wake() {
    var one: UInt64 = 1
    // Fails only when the counter is full, and then the thread has an edge waiting already.
    _ = unsafe write(wakeUps, &one, 8)
  }
}

extension Mailbox.State {
  fileprivate mutating func wake() -> Bool {
    defer { isAsleep = false }
    return isAsleep
  }
}

/// A system call that failed.
package struct SystemCallError: Error, CustomStringConvertible {
  package let call: String
  package let number: Int32

  package var description: String { "\(call) failed with errno \(number)" }
}
