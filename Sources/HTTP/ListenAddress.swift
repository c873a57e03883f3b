// SPDX-License-Identifier: Apache-2.0

/// Where a server listens: `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`, as in `gateway.conf`.
package enum ListenAddress: Sendable, Equatable, CustomStringConvertible {
  /// Four bytes in network order; port 0 lets the kernel choose.
  case ipv4([UInt8], port: UInt16)
  /// Sixteen bytes in network order; port 0 lets the kernel choose.
  case ipv6([UInt8], port: UInt16)
  /// The path of a socket file.
  case unix(path: String)

  /// Why a text is not an address, in words for whoever wrote it.
  package struct Mistake: Error, Sendable, Equatable {
    package let message: String
  }

  /// Longest path that fits `sockaddr_un.sun_path` with its final zero (unix(7)).
  package static let longestSocketPath = 107

  /// Reads an address as it is written in `gateway.conf`. Host names other than `localhost` are not
  /// looked up, so that what is listened on never depends on a name server.
  package static func parse(_ text: String) throws(Mistake) -> ListenAddress {
    if text.hasPrefix("unix:") { return try parseSocketPath(String(text.dropFirst(5))) }
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
      throw Mistake(message: "has no port; write HOST:PORT, [IPV6]:PORT or unix:PATH")
    }
    let host = String(text[..<colon])
    let port = try parsePort(text[text.index(after: colon)...])
    if host.hasPrefix("["), host.hasSuffix("]") {
      guard let bytes = IPAddress.parseIPv6(host.dropFirst().dropLast()) else {
        throw Mistake(message: "\"\(host)\" is not an IPv6 address; write for example [::1]:8080")
      }
      return .ipv6(bytes, port: port)
    }
    if host.utf8.elementsEqual("localhost".utf8) { return .ipv4([127, 0, 0, 1], port: port) }
    guard let bytes = IPAddress.parseIPv4(host[...]) else {
      throw Mistake(
        message:
          "\"\(host)\" is not an IPv4 address; write for example 127.0.0.1:8080, or 0.0.0.0:8080 "
          + "for every interface")
    }
    return .ipv4(bytes, port: port)
  }

  /// Whether only this machine can reach it: a loopback address (RFC 1122 3.2.1.3, RFC 4291 2.5.3,
  /// also mapped into IPv6) or a unix socket.
  package var isLocal: Bool {
    switch self {
    case .ipv4(let bytes, _): bytes.first == 127
    case .ipv6(let bytes, _):
      bytes == [UInt8](repeating: 0, count: 15) + [1]
        || bytes.prefix(13) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127]
    case .unix: true
    }
  }

  /// The TCP port, `nil` for a unix socket.
  package var port: UInt16? {
    switch self {
    case .ipv4(_, let port), .ipv6(_, let port): port
    case .unix: nil
    }
  }

  /// The text that `parse` reads as this address.
  package var description: String {
    switch self {
    case .ipv4(let bytes, let port): "\(bytes.map(String.init).joined(separator: ".")):\(port)"
    case .ipv6(let bytes, let port): "[\(IPAddress.text(ofIPv6: bytes))]:\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }

  private static func parseSocketPath(_ path: String) throws(Mistake) -> ListenAddress {
    guard !path.isEmpty else { throw Mistake(message: "has no path after unix:") }
    guard !path.utf8.contains(0) else { throw Mistake(message: "has a zero byte in the path") }
    guard path.utf8.count <= longestSocketPath else {
      throw Mistake(
        message: "has a path of \(path.utf8.count) bytes; a unix socket allows \(longestSocketPath)"
      )
    }
    return .unix(path: path)
  }

  private static func parsePort(_ text: Substring) throws(Mistake) -> UInt16 {
    let digits = text.utf8
    guard !digits.isEmpty, digits.count <= 5, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      let port = UInt16(text)
    else {
      throw Mistake(message: "has \"\(text)\" for a port; a port is a number from 0 to 65535")
    }
    return port
  }
}
