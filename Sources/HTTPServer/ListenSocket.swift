// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Glibc
internal import HTTP

/// A listening socket, closed when it goes; the file of a unix socket is removed with it.
final class ListenSocket: Sendable {
  let descriptor: Int32
  /// With the port that the kernel chose.
  let address: ListenAddress
  private let file: SocketFile?

  /// Connections that the kernel keeps until they are accepted; it lowers this to
  /// `net.core.somaxconn`.
  private static let backlog: Int32 = 65_535

  /// - Parameter permissions: of the file of a unix socket.
  init(
    _ address: ListenAddress, _ permissions: SocketPermissions = .standard
  ) throws(ListenError) {
    if case .unix(let path) = address { try SocketFile.makeRoom(at: path) }
    let descriptor = cmhd_stream_socket(address.family)
    guard descriptor >= 0 else { throw ListenError(refused: address, errno) }
    do throws(ListenError) {
      try ListenSocket.bind(descriptor, to: address, permissions)
      guard listen(descriptor, ListenSocket.backlog) == 0 else {
        throw ListenError(refused: address, errno)
      }
      self.address = try ListenSocket.bound(descriptor, address)
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    if case .unix(let path) = address { file = SocketFile(path: path) } else { file = nil }
  }

  deinit {
    file?.remove()
    close(descriptor)
  }

  enum Accepted {
    case socket(Int32)
    /// Nobody is waiting.
    case none
    /// Out of descriptors or memory; the client stays in the backlog.
    case exhausted
  }

  /// Finds out whether `address` could be listened on now, and changes nothing: no connection is
  /// accepted, and no socket file made or removed.
  static func check(_ address: ListenAddress) throws(ListenError) {
    if case .unix(let path) = address { return try SocketFile.check(path) }
    let descriptor = cmhd_stream_socket(address.family)
    guard descriptor >= 0 else { throw ListenError(refused: address, errno) }
    defer { close(descriptor) }
    try bind(descriptor, to: address, .standard)
  }

  /// Takes the next connection out of the backlog without waiting.
  func accept(_ storage: inout sockaddr_storage, _ length: inout socklen_t) -> Accepted {
    while true {
      length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let socket = unsafe withUnsafeMutablePointer(to: &storage) { storage in
        unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe cmhd_accept(descriptor, $0, &length)
        }
      }
      if socket >= 0 { return .socket(socket) }
      switch errno {
      case EAGAIN: return .none
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
      // This one client is gone again; accept(2) lists the network errors it may give.
      default: continue
      }
    }
  }

  private static func bind(
    _ descriptor: Int32, to address: ListenAddress, _ permissions: SocketPermissions
  ) throws(ListenError) {
    if case .unix = address {
      // The file is made with the socket's own mode, which gives nobody anything yet, so that there
      // is no moment when others may connect.
      fchmod(descriptor, 0o600)
    } else {
      var on: Int32 = 1
      unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    let result = unsafe address.withUnsafeSocketAddress { unsafe Glibc.bind(descriptor, $0, $1) }
    guard result == 0 else { throw ListenError(refused: address, errno) }
    if case .unix(let path) = address { try SocketFile.give(path, permissions) }
  }

  private static func bound(_ descriptor: Int32, _ address: ListenAddress) throws(ListenError)
    -> ListenAddress
  {
    guard address.port == 0 else { return address }
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &storage) { storage in
      unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &length)
      }
    }
    guard result == 0 else { throw ListenError(refused: address, errno) }
    // The port follows the family in both kinds of address, in network order.
    let port = unsafe withUnsafeBytes(of: storage) { unsafe UInt16($0[2]) << 8 | UInt16($0[3]) }
    switch address {
    case .ipv4(let bytes, _): return .ipv4(bytes, port: port)
    case .ipv6(let bytes, _): return .ipv6(bytes, port: port)
    case .unix: return address
    }
  }
}

extension ListenAddress {
  fileprivate var family: Int32 {
    switch self {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .unix: AF_UNIX
    }
  }

  /// Lends the address in the kernel's form.
  func withUnsafeSocketAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_storage>.size)
    let length: Int
    func put(family: Int32, port: UInt16) {
      let number = UInt16(family)
      unsafe withUnsafeBytes(of: number) { unsafe bytes.replaceSubrange(0..<2, with: $0) }
      bytes[2] = UInt8(port >> 8)
      bytes[3] = UInt8(port & 0xFF)
    }
    switch self {
    case .ipv4(let host, let port):
      put(family: AF_INET, port: port)
      bytes.replaceSubrange(4..<8, with: host)
      length = MemoryLayout<sockaddr_in>.size
    case .ipv6(let host, let port):
      put(family: AF_INET6, port: port)
      bytes.replaceSubrange(8..<24, with: host)
      length = MemoryLayout<sockaddr_in6>.size
    case .unix(let path):
      let text = Array(path.utf8)
      precondition(
        text.count <= ListenAddress.longestSocketPath, "a socket path of \(text.count) bytes")
      put(family: AF_UNIX, port: 0)
      bytes.replaceSubrange(2..<(2 + text.count), with: text)
      length = 2 + text.count + 1
    }
    return unsafe bytes.withUnsafeBytes { bytes in
      // The buffer is at least as large and aligned as `sockaddr_storage`: array storage is 16-byte
      // aligned.
      unsafe body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(length))
    }
  }
}

extension ListenError {
  init(refused address: ListenAddress, _ error: Int32) {
    let why = unsafe String(cString: strerror(error))
    switch error {
    case EADDRINUSE:
      self.init(
        code: .inUse, message: "cannot listen on \(address): it is in use",
        remedy: "stop the other process or choose another port")
    case EADDRNOTAVAIL:
      self.init(
        code: .refused, message: "cannot listen on \(address): no interface has this address",
        remedy: "choose an address of this machine; `ip address` lists them")
    case EACCES:
      self.init(
        code: .refused, message: "cannot listen on \(address): \(why)",
        remedy: "ports below 1024 and foreign directories need rights")
    case ENOENT:
      self.init(
        code: .refused, message: "cannot listen on \(address): its folder does not exist",
        remedy: "make the folder, or choose another path")
    default:
      self.init(code: .refused, message: "cannot listen on \(address): \(why)")
    }
  }
}
