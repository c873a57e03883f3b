// SPDX-License-Identifier: Apache-2.0
internal import CHiredis
internal import Cryptography
internal import Glibc

/// What Redis says to a command: https://redis.io/docs/latest/develop/reference/protocol-spec/
enum RedisReply: Sendable, Equatable {
  case nothing
  case text([UInt8])
  case number(Int64)
  case list([RedisReply])
  /// The command was refused: a word in capitals, then for people.
  case error(String)
}

/// A connection to one Redis server, used by one thread at a time. Every wait on it ends after
/// `patience`.
@safe
struct RedisConnection: ~Copyable {
  /// A Redis that needs longer, to be connected to or to answer, is as good as broken.
  private static let patience = timeval(tv_sec: 2, tv_usec: 0)

  private let context: UnsafeMutablePointer<redisContext>

  init(host: String, port: UInt16) throws(RedisError) {
    guard let context = unsafe redisConnectWithTimeout(host, Int32(port), Self.patience) else {
      throw RedisError(connection: "there is no memory for one")
    }
    guard unsafe context.pointee.err == 0,
      unsafe redisSetTimeout(context, Self.patience) == REDIS_OK,
      // What lies in between may forget a connection that is idle.
      unsafe redisEnableKeepAlive(context) == REDIS_OK
    else {
      defer { unsafe redisFree(context) }
      throw unsafe RedisError(context)
    }
    unsafe self.context = context
  }

  deinit { unsafe redisFree(context) }

  /// Whether the server has hung up, or said something without having been asked.
  var isStale: Bool {
    var byte: UInt8 = 0
    let count = unsafe recv(context.pointee.fd, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    return count >= 0 || (errno != EAGAIN && errno != EINTR)
  }

  /// Sends AUTH and reads its reply; before everything else.
  ///
  /// Past hiredis, whose buffers would keep the password in memory that is neither locked nor wiped.
  func authenticate(with password: SecretBytes) throws(RedisError) {
    let done = password.withBytes { bytes in
      send(Array("*2\r\n$4\r\nAUTH\r\n$\(bytes.count)\r\n".utf8).span) && send(bytes)
        && send(Array("\r\n".utf8).span)
    }
    guard done else { throw RedisError(connection: "the connection broke while logging in") }
    // Some errors repeat what was sent: of these nothing is told but the first word.
    if case .error(let message) = try reply() {
      throw RedisError(reply: "\(RedisError.word(of: message)) was the answer to AUTH")
    }
  }

  private func send(_ bytes: Span<UInt8>) -> Bool {
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe Glibc.send(
        context.pointee.fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        == bytes.count
    }
  }

  /// Puts a command behind those that wait to be sent.
  func append(_ words: [[UInt8]]) throws(RedisError) {
    let lengths = words.map(\.count)
    let done = unsafe Array(words.joined()).withUnsafeBytes { bytes in
      // `words` may be empty texts only.
      let start = unsafe bytes.baseAddress ?? UnsafeRawPointer(context)
      var next = 0
      var pointers = unsafe lengths.map { length in
        defer { next += length }
        return unsafe Optional((start + next).assumingMemoryBound(to: CChar.self))
      }
      return unsafe redisAppendCommandArgv(context, Int32(words.count), &pointers, lengths)
    }
    guard done == REDIS_OK else { throw unsafe RedisError(context) }
  }

  /// Sends what waits, and takes the reply to the first command that has none yet.
  func reply() throws(RedisError) -> RedisReply {
    var reply: UnsafeMutableRawPointer?
    guard unsafe redisGetReply(context, &reply) == REDIS_OK, let reply = unsafe reply else {
      throw unsafe RedisError(context)
    }
    defer { unsafe freeReplyObject(reply) }
    return unsafe RedisReply(reply.assumingMemoryBound(to: redisReply.self).pointee)
  }

  /// One command and its reply; an error reply is thrown.
  func ask(_ words: String...) throws(RedisError) -> RedisReply {
    try append(words.map { Array($0.utf8) })
    let reply = try reply()
    if case .error(let message) = reply { throw RedisError(reply: message) }
    return reply
  }
}

extension RedisError {
  fileprivate init(_ context: UnsafeMutablePointer<redisContext>) {
    // What a receive that takes too long ends with.
    let isLate = unsafe context.pointee.err == REDIS_ERR_IO && errno == EAGAIN
    self =
      isLate ? .late : RedisError(connection: unsafe String(cString: chiredis_message(context)))
  }
}

extension RedisReply {
  fileprivate init(_ reply: redisReply) {
    switch unsafe reply.type {
    case REDIS_REPLY_STRING, REDIS_REPLY_STATUS:
      self = unsafe .text(Array(UnsafeRawBufferPointer(start: reply.str, count: reply.len)))
    case REDIS_REPLY_INTEGER: self = unsafe .number(reply.integer)
    case REDIS_REPLY_ARRAY:
      let elements = unsafe UnsafeBufferPointer(start: reply.element, count: reply.elements)
      self = unsafe .list(
        elements.map { unsafe $0.map { unsafe RedisReply($0.pointee) } ?? .nothing })
    case REDIS_REPLY_ERROR:
      let bytes = unsafe UnsafeRawBufferPointer(start: reply.str, count: reply.len)
      self = unsafe .error(String(decoding: bytes, as: UTF8.self))
    default: self = .nothing
    }
  }
}
