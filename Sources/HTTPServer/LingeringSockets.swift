// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Clocks
internal import EventLoop
internal import Glibc

/// Connections whose last answer is written while their client may still be sending.
///
/// Closing a socket that has unread input makes the kernel send a reset, which destroys an answer
/// that the client has not read yet (RFC 9112, 9.6). So the sending side is shut down and the input
/// read and dropped until the client closes too, within bounds.
struct LingeringSockets: ~Copyable {
  /// For one socket; long enough for a client to finish an upload of some megabytes and read the
  /// answer.
  static let longest = Duration.seconds(5)
  /// For one socket.
  static let mostBytes = 64 << 20
  /// At the same time; beyond it a socket is closed at once, so that refused clients cannot use up
  /// descriptors.
  static let mostSockets = 256

  private struct Entry {
    var deadline: Moment
    var bytesLeft: Int
  }

  private var entries: [Int32: Entry] = [:]

  var isEmpty: Bool { entries.isEmpty }

  deinit { for descriptor in entries.keys { LingeringSockets.end(descriptor) } }

  /// Takes over a socket. Returns `false`, having closed it, when there are too many.
  mutating func add(_ descriptor: Int32, now: Moment) -> Bool {
    guard entries.count < LingeringSockets.mostSockets else {
      LingeringSockets.end(descriptor)
      return false
    }
    shutdown(descriptor, Int32(SHUT_WR))
    entries[descriptor] = Entry(
      deadline: now + LingeringSockets.longest, bytesLeft: LingeringSockets.mostBytes)
    return true
  }

  /// Drops what has come in on a socket, and the socket when the client or the bound has ended it.
  mutating func discard(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) {
    guard var entry = entries[descriptor] else { return }
    while entry.bytesLeft > 0 {
      let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count < 0, errno == EAGAIN {
        entries[descriptor] = entry
        return
      }
      guard count > 0 else { break }
      entry.bytesLeft -= count
    }
    entries[descriptor] = nil
    LingeringSockets.end(descriptor)
  }

  /// Closes the sockets whose time is over.
  mutating func sweep(now: Moment) {
    for (descriptor, entry) in entries where entry.deadline <= now {
      entries[descriptor] = nil
      LingeringSockets.end(descriptor)
    }
  }

  /// Shut down as well as closed: the library may still hold the same socket, and learns of its end
  /// by this.
  private static func end(_ descriptor: Int32) {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }
}
