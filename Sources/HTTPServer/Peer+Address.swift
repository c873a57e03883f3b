// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Glibc
internal import HTTP

extension Peer {
  /// Who is at the other end of a connection.
  ///
  /// - Parameters:
  ///   - address: what `accept` gave; its family tells its size.
  ///   - descriptor: the connected socket, which is asked for credentials if it is a unix socket.
  init(address: UnsafePointer<sockaddr>?, descriptor: Int32) {
    let bytes = unsafe UnsafeRawPointer(address)
    switch unsafe (address?.pointee.sa_family).map(Int32.init) {
    case AF_INET:
      // `sin_addr` follows the family and the port.
      let digits = unsafe UnsafeRawBufferPointer(start: bytes.map { unsafe $0 + 4 }, count: 4)
      self = .address(unsafe digits.map { String($0) }.joined(separator: "."))
    case AF_INET6:
      // `sin6_addr` follows the family, the port and the flow label.
      let digits = unsafe UnsafeRawBufferPointer(start: bytes.map { unsafe $0 + 8 }, count: 16)
      self = .address(IPAddress.text(ofIPv6: unsafe [UInt8](digits)))
    default:
      // Nobody's number when the kernel does not say.
      var user = UInt32.max
      var process: Int32 = 0
      _ = unsafe cmhd_peer(descriptor, &user, &process)
      self = .local(userID: user, processID: process)
    }
  }
}
