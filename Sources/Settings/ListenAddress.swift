// SPDX-License-Identifier: Apache-2.0

/// Where a listener waits for connections.
package enum ListenAddress: Sendable, Hashable {
  /// Port 0: any free one.
  case tcp(host: HostName, port: UInt16)
  /// A path, already joined with the folder of gateway.conf.
  case unix(path: String)

  /// A unix socket's path must fit into `sockaddr_un` with its terminator (unix(7)).
  static let maximumUnixPathBytes = 107

  /// - Parameters:
  ///   - text: `HOST:PORT`, `[::1]:PORT` or `unix:PATH`.
  ///   - folder: what a relative socket path starts from.
  init?(_ text: String, relativeTo folder: String) {
    if text.hasPrefix("unix:") {
      let path = FilePath.join(folder, String(text.dropFirst("unix:".count)))
      guard text != "unix:", path.utf8.count <= Self.maximumUnixPathBytes, !path.utf8.contains(0)
      else { return nil }
      self = .unix(path: path)
      return
    }
    guard
      let colon = text.lastIndex(of: ":"), let host = HostName(String(text[..<colon])),
      let port = portNumber(text[text.index(after: colon)...])
    else { return nil }
    self = .tcp(host: host, port: port)
  }

  /// Whether only this machine can connect: a loopback address or a unix socket.
  package var isLoopback: Bool {
    switch self {
    case .tcp(let host, _): host.isLoopback
    case .unix: true
    }
  }
}

extension ListenAddress: CustomStringConvertible {
  /// As gateway.conf writes it.
  package var description: String {
    switch self {
    case .tcp(let host, let port): "\(host.bracketed):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
