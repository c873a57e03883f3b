// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Clocks
internal import Concurrency
internal import EventLoop
internal import Glibc

/// libmicrohttpd's daemon, driven by an event loop instead of threads of its own.
///
/// It has no listening socket and gets its connections from the watch: `MHD_quiesce_daemon` of
/// 0.9.75 removes a listening socket from an epoll set which another thread may be doing the same
/// to, and calls `abort()` when it comes second.
@safe final class Daemon: EventSource, @unchecked Sendable {
  // Sendable: `pointer` and `sink` never change; the library is called within `turn` and `add`,
  // which exclude each other, and in `stop` after the last of them.
  private let pointer: OpaquePointer
  private let sink: UnsafeMutablePointer<cmhd_log_sink>
  let descriptor: Int32

  /// Bytes of the library's buffer for one connection beyond the largest head: 64 for its record of
  /// each field (`HeadReader.maximumFields`), and about 1,280 for the head of the response. The
  /// library clears the whole buffer for every request, so every byte costs time and memory.
  private static let bufferBeyondHead = 4096

  /// `nil` when the library cannot start; it has told the log why.
  ///
  /// - Parameter engine: outlives the daemon, which does not retain it.
  init?(_ engine: Engine) {
    let context = unsafe Unmanaged.passUnretained(engine).toOpaque()
    unsafe sink = .allocate(capacity: 1)
    unsafe sink.initialize(to: cmhd_log_sink(line: Callbacks.line, context: context))
    let started = unsafe cmhd_start(
      context, Callbacks.handler, Callbacks.target, Callbacks.completed, Callbacks.notified, sink,
      engine.configuration.maximumHeaderBytes + Daemon.bufferBeyondHead, UInt32.max / 2,
      engine.configuration.tls == nil ? nil : TLSCredentials.priorities)
    guard let started = unsafe started else {
      unsafe sink.deallocate()
      return nil
    }
    unsafe pointer = started
    descriptor = unsafe cmhd_epoll(started)
  }

  func turn() -> Moment? {
    unsafe MHD_run(pointer)
    // What its edge-triggered sockets have told and is not worked off yet, requests whose answers
    // it will ask for, and answers that it was given and has not sent.
    return unsafe cmhd_has_more(pointer) ? .now : nil
  }

  /// Hands over an accepted socket; the library owns and closes it in any case. Not while a turn is
  /// under way.
  func add(_ socket: Int32, address: UnsafePointer<sockaddr>, length: socklen_t) -> Bool {
    unsafe MHD_add_connection(pointer, socket, address, length) == .YES
  }

  /// Closes every connection. No turn is under way, none comes any more, and no connection is
  /// suspended.
  func stop() {
    unsafe MHD_stop_daemon(pointer)
    unsafe sink.deallocate()
  }
}
