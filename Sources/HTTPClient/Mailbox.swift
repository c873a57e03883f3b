// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import HTTP

/// One request on its way through libcurl, and who waits for its end.
struct Job: Sendable {
  let id: UInt64
  let request: OutboundRequest
  let waiter: CheckedContinuation<Result<InboundAnswer, TransportFailure>, Never>
}

/// What tasks hand to a multi handle.
final class Mailbox: Sendable {
  /// What a turn takes out at once.
  struct Contents: Sendable {
    var jobs: [Job] = []
    var cancellations: [UInt64] = []
    var isClosing = false
  }

  private struct State: Sendable {
    var contents = Contents()
    /// All that were inside when it closed have ended.
    var hasEnded = false
    var closers: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Guarded(State())

  /// Hands over a job; `false` when the mailbox is closed.
  func post(_ job: Job) -> Bool {
    state.withLock { state in
      guard !state.contents.isClosing else { return false }
      state.contents.jobs.append(job)
      return true
    }
  }

  /// Asks for the job with this id to be given up, if it is still there.
  func cancel(_ id: UInt64) {
    state.withLock { $0.contents.cancellations.append(id) }
  }

  /// Lets no further job in; `closer` is resumed once those inside have ended.
  func close(_ closer: CheckedContinuation<Void, Never>) {
    let hasEnded = state.withLock { state in
      state.contents.isClosing = true
      if !state.hasEnded { state.closers.append(closer) }
      return state.hasEnded
    }
    if hasEnded { closer.resume() }
  }

  /// Everything that has arrived since the last call.
  func take() -> Contents {
    state.withLock { state in
      let taken = state.contents
      state.contents.jobs = []
      state.contents.cancellations = []
      return taken
    }
  }

  /// Closed, and nothing is inside any more.
  func end() {
    let closers = state.withLock { state in
      state.hasEnded = true
      defer { state.closers = [] }
      return state.closers
    }
    for closer in closers { closer.resume() }
  }
}
