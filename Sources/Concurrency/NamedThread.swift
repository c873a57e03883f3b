// SPDX-License-Identifier: Apache-2.0
internal import CThread
package import Glibc

/// Threads of our own, for what blocks or keeps a core: Swift's cooperative ones may do neither.
package enum NamedThread {
  /// The system has no more threads.
  package struct Failure: Error {
    /// errno
    package let number: Int32
  }

  /// Starts a thread, which ends when `body` returns; to be joined or detached.
  ///
  /// Signals from outside are not handled on it: those are for the threads that asked for them.
  /// - Parameter name: for ps and gdb, 15 bytes at most.
  package static func start(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(Failure) -> pthread_t {
    var thread = pthread_t()
    // Retained here; released by the thread, or below when there is none.
    let work = unsafe Unmanaged.passRetained(Work(name: name, body: body))
    let code = unsafe pthread_create(
      &thread, nil,
      { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
        }
        return nil
      }, work.toOpaque())
    guard code == 0 else {
      unsafe work.release()
      throw Failure(number: code)
    }
    return thread
  }

  private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }

    func run() {
      var signals = sigset_t()
      unsafe sigfillset(&signals)
      // A crash of the thread itself gets its backtrace.
      for signal in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
        unsafe sigdelset(&signals, signal)
      }
      unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
      unsafe cthread_name(name)
      body()
    }
  }
}
