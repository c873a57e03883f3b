// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Cryptography
internal import GatewayCore

/// The Redis store's work, on one thread: groups of batches, each group sent at once.
struct RedisEngine: ~Copyable {
  /// How long the replies to a group may take.
  private static let patience = Duration.seconds(2)
  /// After a server could not be reached or did not answer, so long every operation fails at once: a
  /// server that hangs holds up whoever waits for it.
  private static let reconnectPause = Duration.seconds(1)

  private let address: RedisAddress
  private let password: SecretBytes?
  /// Tells the claims of this process from those of others, and of its predecessors: 16 bytes.
  private let gateway: [UInt8]
  private var session: RedisSession?
  /// The last connection, when something that was sent there has no reply.
  private var lost: RedisSession.Peer?
  private var lastRefusal: (error: RedisError, at: Moment)?
  /// See `RedisSession.weakness`; as it was at the start.
  let weakness: String?

  /// Connects.
  init(_ address: RedisAddress, password: SecretBytes?) throws(RedisError) {
    let session = try RedisSession(address, password: password, lost: nil)
    weakness = session.weakness
    self.session = consume session
    self.address = address
    self.password = password
    let number = String(UInt64.random(in: .min ... .max), radix: 16)
    gateway = Array((String(repeating: "0", count: 16 - number.count) + number).utf8)
  }

  /// Carries out the batches in order.
  ///
  /// - Returns: the replies of each batch, or why nothing can be said about it.
  mutating func perform(
    _ batches: [[StoreOperation]]
  ) -> [Result<[StoreReply], StoreFailure>] {
    do throws(RedisError) {
      var replies = try exchange(batches.flatMap { $0.map { .operation($0) } })[...]
      return batches.map { batch in
        defer { replies = replies.dropFirst(batch.count) }
        return read(replies.prefix(batch.count))
      }
    } catch {
      let failure = StoreFailure(error, address: address)
      return batches.map { _ in .failure(failure) }
    }
  }

  /// How many numbers are in each state, and how much memory Redis uses for everything that it holds.
  mutating func statistics() throws(RedisError) -> StoreStatistics {
    let replies = try exchange([.count, .memory])
    let facts = RedisFacts(replies[1])
    if let forgetfulness = facts.forgetfulness {
      // Found out as at the start, by whoever comes next.
      session = nil
      throw forgetfulness
    }
    guard case .list(let counts) = replies[0], counts.count == 3,
      case .number(let claimed) = counts[0], case .number(let answered) = counts[1],
      case .number(let unknown) = counts[2]
    else { throw .strange }
    return StoreStatistics(
      claimed: Int(claimed), answered: Int(max(0, answered)), unknown: Int(unknown),
      bytes: facts["used_memory"].flatMap { Int($0) } ?? 0)
  }

  /// Sends all commands, then reads all replies: one turn to the server and back.
  private mutating func exchange(_ commands: [RedisCommand]) throws(RedisError) -> [RedisReply] {
    var session = try takeSession()
    let peer = session.peer
    do throws(RedisError) {
      let deadline = Moment.now + Self.patience
      var replies = try session.exchange(commands, gateway, until: deadline)
      let unknown = replies.indices.filter { replies[$0].word == "NOSCRIPT" }
      if !unknown.isEmpty {
        try session.loadScript()
        let again = try session.exchange(unknown.map { commands[$0] }, gateway, until: deadline)
        for (index, reply) in zip(unknown, again) { replies[index] = reply }
      }
      // One that has become a replica, or lets us do nothing any more, is asked for anew.
      if replies.allSatisfy(\.isOfUse) { self.session = consume session }
      return replies
    } catch {
      lost = peer
      if error.message == RedisError.late.message { lastRefusal = (error, .now) }
      throw error
    }
  }

  /// The session, which is this engine's no longer; a new one when there is none or the server has
  /// closed it.
  private mutating func takeSession() throws(RedisError) -> RedisSession {
    if let session = session.take(), !session.connection.isStale { return session }
    if let lastRefusal, Moment.now - lastRefusal.at < Self.reconnectPause {
      throw lastRefusal.error
    }
    do throws(RedisError) {
      let session = try RedisSession(address, password: password, lost: lost)
      (lost, lastRefusal) = (nil, nil)
      return session
    } catch {
      lastRefusal = (error, .now)
      throw error
    }
  }

  private func read(
    _ replies: ArraySlice<RedisReply>
  ) -> Result<[StoreReply], StoreFailure> {
    do throws(RedisError) {
      var read: [StoreReply] = []
      for reply in replies { read.append(try StoreReply(reply)) }
      return .success(read)
    } catch {
      return .failure(StoreFailure(error, address: address))
    }
  }
}

extension RedisSession {
  fileprivate func exchange(
    _ commands: [RedisCommand], _ gateway: [UInt8], until deadline: Moment
  ) throws(RedisError) -> [RedisReply] {
    for command in commands {
      try connection.append(command.words(script: script, gateway: gateway))
    }
    var replies: [RedisReply] = []
    for _ in commands {
      guard Moment.now < deadline else { throw .late }
      replies.append(try connection.reply())
    }
    return replies
  }
}

extension RedisReply {
  fileprivate var word: String? {
    if case .error(let message) = self { RedisError.word(of: message) } else { nil }
  }

  /// Whether the connection it came by can go on being used.
  fileprivate var isOfUse: Bool {
    word.map { ["OOM", "MISCONF", "WRONGTYPE", "CORRUPT"].contains($0) } ?? true
  }
}
