// SPDX-License-Identifier: Apache-2.0
internal import Cryptography

/// A connection to a server that can be this gateway's store, with the script in it.
struct RedisSession: ~Copyable {
  /// A server's run, and what it calls a connection to it.
  struct Peer: Equatable {
    let run: String?
    let client: Int64
  }

  let connection: RedisConnection
  let peer: Peer
  /// What EVALSHA calls `numbers.lua` by.
  private(set) var script: [UInt8]
  /// What the server does not promise, for the operator; `nil` when a change is on its disk when it
  /// has been made.
  let weakness: String?

  /// Connects, and finds out whether the server can be a store.
  /// - Parameter lost: the connection before, when it had no reply to something: what is still on its
  ///   way there is not carried out after anything that is sent here.
  /// - Throws: when it cannot be reached, is too old, a replica or in a cluster, or would forget
  ///   numbers to make room.
  init(_ address: RedisAddress, password: SecretBytes?, lost: Peer?) throws(RedisError) {
    let connection = try RedisConnection(host: address.host, port: address.port)
    if let password { try connection.authenticate(with: password) }
    _ = try connection.ask("SELECT", "\(address.database)")
    let facts = RedisFacts(try connection.ask("INFO"))
    if let hindrance = facts.hindrance { throw hindrance }
    guard case .number(let client) = try connection.ask("CLIENT", "ID") else {
      throw RedisError(unfit: "it does not number its clients", remedy: "name a Redis")
    }
    let run = facts["run_id"]
    if let lost, lost.run == run {
      // It has most often gone by itself.
      _ = try connection.ask("CLIENT", "KILL", "ID", "\(lost.client)")
    }
    script = try Self.load(into: connection)
    peer = Peer(run: run, client: client)
    weakness = facts.weakness ?? Self.weakness(of: connection)
    self.connection = consume connection
  }

  /// A server that starts anew, and one that takes over from another, knows no scripts.
  mutating func loadScript() throws(RedisError) { script = try Self.load(into: connection) }

  private static func load(into connection: borrowing RedisConnection) throws(RedisError) -> [UInt8]
  {
    let text = String(decoding: PackageResources.numbers_lua, as: UTF8.self)
    guard case .text(let name) = try connection.ask("SCRIPT", "LOAD", text) else {
      throw RedisError(unfit: "it does not take scripts", remedy: "name a Redis")
    }
    return name
  }

  private static func weakness(of connection: borrowing RedisConnection) -> String? {
    // Rented servers often do not tell.
    guard case .list(let setting) = try? connection.ask("CONFIG", "GET", "appendfsync"),
      setting.count == 2, setting[1] != .text(Array("always".utf8))
    else { return nil }
    return "answers before a change is on its disk (appendfsync is not always)"
  }
}
