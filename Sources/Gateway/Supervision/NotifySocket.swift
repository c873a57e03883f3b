// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The datagram socket of the service manager that started this process.
///
/// The protocol is a stable interface, and small: assignments, one a line, in one datagram
/// (sd_notify(3), "Notes"). Speaking it here saves a library with its own compressors and ciphers
/// in the process that holds the keys (docs/dependencies.md).
final class NotifySocket: Sendable {
  private let descriptor: Int32

  /// - Parameter name: what `NOTIFY_SOCKET` holds: an absolute path, or `@` and the name of an
  ///   abstract socket.
  /// - Returns: `nil` when it is neither, or nobody listens there: the gateway works without.
  init?(name: String) {
    guard name.hasPrefix("/") || name.hasPrefix("@"), name.utf8.count > 1 else { return nil }
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let isAbstract = name.hasPrefix("@")
    let bytes = (isAbstract ? [0] : []) + Array(isAbstract ? name.dropFirst().utf8 : name[...].utf8)
    // A path ends with a zero (unix(7)); the length of an abstract name is that of the address.
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count < room else { return nil }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let start = MemoryLayout<sockaddr_un>.size - room
    let length = socklen_t(start + bytes.count + (isAbstract ? 0 : 1))
    let status = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, length)
      }
    }
    guard status == 0 else { return nil }
  }

  deinit {
    // -1 after an initialization that failed; close(2) then says so, and nothing else.
    close(descriptor)
  }

  /// How often a message is tried while the service manager's queue is full, 100 ms apart.
  private static let tries = 50

  /// Sends one message, waiting a while without a thread when the receiver is slow. A message that
  /// cannot be sent is lost: nothing here depends on its arrival.
  func send(_ assignments: [String]) async {
    let bytes = Array(assignments.joined(separator: "\n").utf8)
    for _ in 0..<Self.tries {
      let sent = unsafe Glibc.send(
        descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      guard sent < 0, errno == EAGAIN || errno == EINTR || errno == ENOBUFS else { return }
      guard (try? await Task.sleep(for: .milliseconds(100))) != nil else { return }
    }
  }
}
