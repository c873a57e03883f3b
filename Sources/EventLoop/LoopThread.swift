// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
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
    do throws(NamedThread.Failure) {
      return try NamedThread.start(loop.name) {
        unsafe pthread_setspecific(key, Unmanaged.passUnretained(loop).toOpaque())
        loop.work()
      }
    } catch {
      throw SystemCallError(call: "pthread_create", number: error.number)
    }
  }
}
