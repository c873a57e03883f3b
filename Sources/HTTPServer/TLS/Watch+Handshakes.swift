// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Concurrency
internal import Glibc

/// Connections whose handshake waits for their client.
extension Watch {
  /// Tells an event about such a connection from one about a lingering socket.
  private static let handshakeMark: UInt64 = 1 << 32

  /// Tells the connection once when its socket has input or its end.
  ///
  /// - Returns: `false` when the kernel has no room.
  func awaitInput(of connection: Connection, _ descriptor: Int32) -> Bool {
    handshakes.withLock { $0[descriptor] = connection }
    var event = unsafe epoll_event(
      events: EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue,
      data: epoll_data_t(u64: Watch.handshakeMark | UInt64(descriptor)))
    guard unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
      handshakes.withLock { $0[descriptor] = nil }
      return false
    }
    return true
  }

  /// - Returns: whether the event was about a handshake.
  func continueHandshake(_ mark: UInt64) -> Bool {
    guard mark & Watch.handshakeMark != 0, mark < Watch.listenerMark else { return false }
    let descriptor = Int32(truncatingIfNeeded: mark)
    let waiting = handshakes.withLock { handshakes in
      // Under the lock: once the connection goes on it may wait again at any moment.
      epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
      return handshakes.removeValue(forKey: descriptor)
    }
    waiting?.continueHandshake()
    return true
  }
}
