// SPDX-License-Identifier: Apache-2.0

/// Where a Redis server listens, and which of its databases is meant.
package struct RedisAddress: Sendable, Hashable, CustomStringConvertible {
  /// A name or an address, IPv6 without brackets.
  package var host: String
  package var port: UInt16
  package var database: Int

  package init(host: String, port: UInt16, database: Int = 0) {
    self.host = host
    self.port = port
    self.database = database
  }

  /// As gateway.conf writes it.
  package var description: String {
    let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    return "redis://\(host):\(port)/\(database)"
  }
}
