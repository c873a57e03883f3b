// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

/// The datagram socket of a service manager, as systemd opens it for `NOTIFY_SOCKET`.
final class ServiceManagerSocket: Sendable {
  let path: String
  /// Each datagram's assignments, in order.
  let messages: AsyncStream<[String]>
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    try #require(descriptor >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let status = unsafe withUnsafePointer(to: &address) { [descriptor] address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
    let (messages, found) = AsyncStream.makeStream(of: [String].self)
    self.messages = messages
    Thread.detachNewThread { [descriptor] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        // Nothing but `close` sends an empty datagram.
        guard count > 0 else { break }
        found.yield(
          String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init))
      }
      found.finish()
      Glibc.close(descriptor)
    }
  }

  /// Ends `messages` after what has arrived by now.
  func close() { shutdown(descriptor, Int32(SHUT_RD)) }

  /// The next message that has an assignment which begins so, waited for; those before it are left
  /// out.
  func next(_ start: String) async -> [String]? {
    await messages.first { $0.contains { $0.hasPrefix(start) } }
  }
}
