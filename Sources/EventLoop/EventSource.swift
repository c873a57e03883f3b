// SPDX-License-Identifier: Apache-2.0
package import Clocks

/// Something that an event loop drives: a libmicrohttpd daemon, a libcurl multi handle.
///
/// `turn` is never called by two threads at once, but by another thread each time.
package protocol EventSource: AnyObject, Sendable {
  /// Readable whenever a turn has something to do; stays the same for the source's life. Usually an
  /// epoll instance of the source's own.
  var descriptor: Int32 { get }

  /// Does everything that is due, without waiting for anything: what it leaves in `descriptor` to be
  /// read is not told again.
  ///
  /// - Returns: when to be called at the latest, though nothing happens: `.now` for after the
  ///   short jobs that wait, which may be the turn's own; `nil` for whenever.
  func turn() -> Moment?
}
