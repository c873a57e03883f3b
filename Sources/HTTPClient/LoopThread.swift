// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import Concurrency
internal import Glibc

/// The thread of one loop, from its start to its join.
final class LoopThread: Sendable {
  private struct State: Sendable {
    var hasEnded = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    /// `nil` once joined or let go.
    var thread: pthread_t?
  }

  let mailbox: Mailbox
  private let state = Guarded(State())

  /// Starts the thread.
  ///
  /// - Throws: `CurlError` when libcurl refuses an option, `SystemCallError` when the kernel gives
  ///   no descriptor or no thread.
  init(configuration: CurlTransport.Configuration, counters: Counters) throws {
    mailbox = try Mailbox()
    let loop = try CurlLoop(configuration: configuration, mailbox: mailbox, counters: counters)
    let start = unsafe Unmanaged.passRetained(Start(loop: loop, thread: self))
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, nil, runLoop, start.toOpaque())
    guard code == 0 else {
      unsafe start.release()
      throw SystemCallError(call: "pthread_create", number: code)
    }
    state.withLock { $0.thread = thread }
  }

  /// Lets no further request in and returns when those inside have ended and the thread is gone.
  func close() async {
    mailbox.close()
    await withCheckedContinuation { waiter in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.waiters.append(waiter) }
        return state.hasEnded
      }
      if hasEnded { waiter.resume() }
    }
    // The thread has nothing left to do but return, so this does not block.
    if let thread = takeThread() { pthread_join(thread, nil) }
  }

  /// Lets no further request in and leaves the thread to end on its own.
  func letGo() {
    mailbox.close()
    if let thread = takeThread() { pthread_detach(thread) }
  }

  fileprivate func hasEnded() {
    let waiters = state.withLock { state in
      state.hasEnded = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  private func takeThread() -> pthread_t? {
    state.withLock { state in
      defer { state.thread = nil }
      return state.thread
    }
  }
}

/// What the new thread is given; it is the only one to touch the loop from then on.
private final class Start {
  let loop: CurlLoop
  let thread: LoopThread

  init(loop: CurlLoop, thread: LoopThread) {
    self.loop = loop
    self.thread = thread
  }
}

private let runLoop: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
  context in
  guard let context = unsafe context else { return nil }
  // Signals are for the threads that asked for them.
  var signals = sigset_t()
  unsafe sigfillset(&signals)
  unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
  unsafe ccurl_name_thread("curl")
  let thread = unsafe run(Unmanaged<Start>.fromOpaque(context).takeRetainedValue())
  thread.hasEnded()
  return nil
}

/// Runs the loop and frees it, so that its connections are closed when this returns.
private func run(_ start: consuming Start) -> LoopThread {
  let thread = start.thread
  start.loop.run()
  return thread
}
