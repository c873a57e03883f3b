// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Concurrency
internal import Glibc
internal import Synchronization

/// One thread of libmicrohttpd with its own epoll set and its own connections.
///
/// Each thread is a daemon of its own and gets its connections from the watch, instead of one
/// daemon with a thread pool on a shared listening socket: `MHD_quiesce_daemon` of 0.9.75 removes
/// that socket from the epoll set of a pool thread which may be doing the same, and calls `abort()`
/// when it comes second. It also lets every connection go to the thread that has the fewest.
final class IOThread: Sendable {
  let engine: Engine
  let openConnections = Atomic(0)
  private let daemon: Guarded<Daemon?>

  /// The daemon is internally synchronized for `MHD_add_connection`; it is stopped once, under the
  /// lock.
  @safe private struct Daemon: @unchecked Sendable {
    let pointer: OpaquePointer
    let sink: UnsafeMutablePointer<cmhd_log_sink>
  }

  /// Bytes of the library's buffer for one connection beyond the largest head: 64 for its record of
  /// each field (`HeadReader.maximumFields`), and about 3,000 for the head of the response. The
  /// library clears the whole buffer for every request, so every byte costs time and memory.
  private static let bufferBeyondHead = 6144

  /// `nil` when the library cannot start a thread; it has told the log why.
  init?(_ engine: Engine) {
    self.engine = engine
    daemon = Guarded(nil)
    let sink = UnsafeMutablePointer<cmhd_log_sink>.allocate(capacity: 1)
    unsafe sink.initialize(
      to: cmhd_log_sink(line: Callbacks.line, context: Unmanaged.passUnretained(engine).toOpaque()))
    // Unretained: `stop` ends the library's thread before the server lets go of this object and the
    // engine.
    let pointer = unsafe cmhd_start(
      Unmanaged.passUnretained(self).toOpaque(), Callbacks.handler, Callbacks.target,
      Callbacks.completed,
      Callbacks.notified, sink, engine.configuration.maximumHeaderBytes + IOThread.bufferBeyondHead,
      UInt32.max / 2, engine.configuration.tls == nil ? nil : TLSCredentials.priorities)
    guard let pointer = unsafe pointer else {
      unsafe sink.deallocate()
      return nil
    }
    let started = unsafe Daemon(pointer: pointer, sink: sink)
    daemon.withLock { $0 = started }
  }

  /// Hands over an accepted socket; the library owns and closes it in any case.
  func add(_ socket: Int32, address: UnsafePointer<sockaddr>, length: socklen_t) -> Bool {
    openConnections.add()
    let isAdded = daemon.withLock { daemon in
      guard let daemon else {
        close(socket)
        return false
      }
      return unsafe MHD_add_connection(daemon.pointer, socket, address, length) == .YES
    }
    if !isAdded { openConnections.add(-1) }
    return isAdded
  }

  /// Closes every connection of the thread and waits for its end. No connection may be suspended
  /// any more.
  func stop() {
    let stopped = daemon.withLock { daemon in
      defer { daemon = nil }
      return daemon
    }
    guard let stopped else { return }
    unsafe MHD_stop_daemon(stopped.pointer)
    unsafe stopped.sink.deallocate()
  }
}
