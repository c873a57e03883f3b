// SPDX-License-Identifier: Apache-2.0

/// Where request numbers and their answers are kept.
package enum StoreAddress: Sendable, Hashable {
  /// In this process; gone when it ends.
  case memory
  /// A path, already joined with the folder of gateway.conf.
  case sqlite(path: String)
  case redis(host: HostName, port: UInt16, database: Int)

  /// - Parameters:
  ///   - text: `memory:`, `sqlite:PATH` or `redis://HOST:PORT/DB`; port 6379 and database 0 when
  ///     absent.
  ///   - folder: what a relative path starts from.
  init?(_ text: String, relativeTo folder: String) {
    if text == "memory:" {
      self = .memory
    } else if text.hasPrefix("sqlite:"), text != "sqlite:", !text.utf8.contains(0) {
      self = .sqlite(path: FilePath.join(folder, String(text.dropFirst("sqlite:".count))))
    } else if text.hasPrefix("redis://") {
      self.init(redis: text.dropFirst("redis://".count))
    } else {
      return nil
    }
  }

  /// Whether it is a server, which may ask for a password and may come later.
  package var isServer: Bool {
    if case .redis = self { true } else { false }
  }

  private init?(redis text: Substring) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let authority = parts[0]
    var hostText = String(authority)
    var port: UInt16 = 6379
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      guard let number = portNumber(authority[authority.index(after: colon)...]), number > 0
      else { return nil }
      hostText = String(authority[..<colon])
      port = number
    }
    var database = 0
    if parts.count == 2, !parts[1].isEmpty {
      guard let number = portNumber(parts[1]) else { return nil }
      database = Int(number)
    }
    guard let host = HostName(hostText) else { return nil }
    self = .redis(host: host, port: port, database: database)
  }
}

extension StoreAddress: CustomStringConvertible {
  /// As gateway.conf writes it.
  package var description: String {
    switch self {
    case .memory: "memory:"
    case .sqlite(let path): "sqlite:\(path)"
    case .redis(let host, let port, let database):
      "redis://\(host.bracketed):\(port)/\(database)"
    }
  }
}
