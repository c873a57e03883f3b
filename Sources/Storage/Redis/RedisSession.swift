// SPDX-License-Identifier: Apache-2.0
internal import Cryptography

/// A connection to a server that can be this gateway's store, with the scripts in it.
struct RedisSession: ~Copyable {
  let connection: RedisConnection
  private(set) var scripts: RedisScripts
  /// What the server does not promise, for the operator; `nil` when a change is on its disk when it
  /// has been made.
  let weakness: String?

  /// Connects, and finds out whether the server can be a store.
  /// - Throws: when it cannot be reached, is too old, a replica or in a cluster, or would forget
  ///   numbers to make room.
  init(_ address: RedisAddress, password: SecretBytes?) throws(RedisError) {
    let connection = try RedisConnection(host: address.host, port: address.port)
    if let password { try connection.authenticate(with: password) }
    _ = try connection.ask("SELECT", "\(address.database)")
    let facts = RedisFacts(try connection.ask("INFO"))
    if let hindrance = facts.hindrance { throw hindrance }
    scripts = try RedisScripts(loadedInto: connection)
    weakness = facts.weakness ?? Self.weakness(of: connection)
    self.connection = consume connection
  }

  /// A server that starts anew, and one that takes over from another, knows no scripts.
  mutating func loadScripts() throws(RedisError) {
    scripts = try RedisScripts(loadedInto: connection)
  }

  private static func weakness(of connection: borrowing RedisConnection) -> String? {
    // Rented servers often do not tell.
    guard case .list(let setting) = try? connection.ask("CONFIG", "GET", "appendfsync"),
      setting.count == 2, setting[1] != .text(Array("always".utf8))
    else { return nil }
    return "answers before a change is on its disk (appendfsync is not always)"
  }
}

/// What EVALSHA calls the scripts by.
struct RedisScripts {
  let number: [UInt8]
  let count: [UInt8]

  init(loadedInto connection: borrowing RedisConnection) throws(RedisError) {
    number = try Self.load(PackageResources.number_lua, into: connection)
    count = try Self.load(PackageResources.count_lua, into: connection)
  }

  private static func load(
    _ script: [UInt8], into connection: borrowing RedisConnection
  ) throws(RedisError) -> [UInt8] {
    guard
      case .text(let name) = try connection.ask(
        "SCRIPT", "LOAD", String(decoding: script, as: UTF8.self))
    else { throw RedisError(message: "it does not take scripts as Redis does") }
    return name
  }
}
