// SPDX-License-Identifier: Apache-2.0
internal import CEpoll
internal import Glibc

/// The threads of event loops: their start, and which loop the current one belongs to.
enum LoopThread {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let code = unsafe pthread_key_create(&key, nil)
    precondition(code == 0, "pthread_key_create failed with errno \(code)")
    return key
  }()

  /// The loop whose thread this is; `nil` on every other thread.
  static var current: EventLoop? {
    guard let context = unsafe pthread_getspecific(key) else { return nil }
    return unsafe Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
  }

  /// Starts a thread that works for `loop`, which it holds until its end.
  static func start(_ loop: EventLoop) throws(SystemCallError) -> pthread_t {
    let this = unsafe Unmanaged.passRetained(loop)
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, nil, runThread, this.toOpaque())
    if code != 0 {
      unsafe this.release()
      throw SystemCallError(call: "pthread_create", number: code)
    }
    return thread
  }

  fileprivate static func run(_ loop: EventLoop) {
    // Signals are for the threads that asked for them.
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    unsafe cepoll_name_thread(loop.name)
    unsafe pthread_setspecific(key, Unmanaged.passUnretained(loop).toOpaque())
    loop.work()
  }
}

private let runThread: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
  context in
  guard let context = unsafe context else { return nil }
  LoopThread.run(unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue())
  return nil
}
