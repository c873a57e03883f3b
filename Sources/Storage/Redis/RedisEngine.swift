// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Cryptography
internal import GatewayCore

/// The Redis store's work, on one thread: groups of batches, each group sent at once.
struct RedisEngine: ~Copyable {
  /// After a connection could not be made, so long every operation fails at once: one that waits for
  /// a server that hangs holds up all others.
  private static let reconnectPause = Duration.milliseconds(500)

  private let address: RedisAddress
  private let password: SecretBytes?
  /// Tells the claims of this process from those of others, and of its predecessors.
  private let gateway: [UInt8]
  private var session: RedisSession?
  private var lastRefusal: (failure: StoreFailure, at: Moment)?

  /// Connects.
  init(_ address: RedisAddress, password: SecretBytes?) throws(StoreFailure) {
    let session = try Self.connect(address, password)
    weakness = session.weakness
    self.session = consume session
    self.address = address
    self.password = password
    gateway = Array(String(UInt64.random(in: .min ... .max), radix: 16).utf8)
  }

  /// See `RedisSession.weakness`.
  let weakness: String?

  /// Carries out the batches in order.
  ///
  /// - Returns: the replies of each batch, or why nothing can be said about it.
  mutating func perform(
    _ batches: [[StoreOperation]]
  ) -> [Result<[StoreReply], StoreFailure>] {
    do throws(StoreFailure) {
      var replies = try exchange(batches.flatMap { $0.map { .operation($0) } })[...]
      return batches.map { batch in
        defer { replies = replies.dropFirst(batch.count) }
        return read(replies.prefix(batch.count))
      }
    } catch {
      return batches.map { _ in .failure(error) }
    }
  }

  /// How many numbers are in each state, and how much memory Redis uses for everything that it holds.
  mutating func statistics() throws(StoreFailure) -> StoreStatistics {
    let replies = try exchange([.count, .facts])
    guard case .list(let counts) = replies[0], counts.count == 3,
      case .number(let claimed) = counts[0], case .number(let answered) = counts[1],
      case .number(let unknown) = counts[2]
    else { throw StoreFailure(strange: replies[0], address: address) }
    return StoreStatistics(
      claimed: Int(claimed), answered: Int(max(0, answered)), unknown: Int(unknown),
      bytes: RedisFacts(replies[1])["used_memory"].flatMap { Int($0) } ?? 0)
  }

  /// Sends all commands, then reads all replies: one turn to the server and back.
  private mutating func exchange(
    _ commands: [RedisCommand]
  ) throws(StoreFailure) -> [RedisReply] {
    var session = try takeSession()
    do throws(RedisError) {
      var replies = try session.exchange(commands, gateway)
      let unknown = replies.indices.filter { replies[$0].isUnknownScript }
      if !unknown.isEmpty {
        try session.loadScripts()
        let again = try session.exchange(unknown.map { commands[$0] }, gateway)
        for (index, reply) in zip(unknown, again) { replies[index] = reply }
      }
      // Kept for the next time only when every reply has been read.
      self.session = consume session
      return replies
    } catch {
      throw StoreFailure(error, address: address)
    }
  }

  /// The session, which is this engine's no longer; a new one when there is none or the server has
  /// closed it.
  private mutating func takeSession() throws(StoreFailure) -> RedisSession {
    if let session = session.take(), !session.connection.isStale { return session }
    if let lastRefusal, Moment.now - lastRefusal.at < Self.reconnectPause {
      throw lastRefusal.failure
    }
    do throws(StoreFailure) {
      let session = try Self.connect(address, password)
      lastRefusal = nil
      return session
    } catch {
      lastRefusal = (error, .now)
      throw error
    }
  }

  private static func connect(
    _ address: RedisAddress, _ password: SecretBytes?
  ) throws(StoreFailure) -> RedisSession {
    do throws(RedisError) {
      return try RedisSession(address, password: password)
    } catch {
      throw StoreFailure(error, address: address)
    }
  }

  private func read(
    _ replies: ArraySlice<RedisReply>
  ) -> Result<[StoreReply], StoreFailure> {
    do throws(StoreFailure) {
      var read: [StoreReply] = []
      for reply in replies { read.append(try StoreReply(reply, address)) }
      return .success(read)
    } catch {
      return .failure(error)
    }
  }
}

extension RedisSession {
  fileprivate func exchange(
    _ commands: [RedisCommand], _ gateway: [UInt8]
  ) throws(RedisError) -> [RedisReply] {
    for command in commands { try connection.append(command.words(scripts, gateway: gateway)) }
    var replies: [RedisReply] = []
    for _ in commands { replies.append(try connection.reply()) }
    return replies
  }
}

extension RedisReply {
  fileprivate var isUnknownScript: Bool {
    if case .error(let message) = self { message.hasPrefix("NOSCRIPT") } else { false }
  }
}
