// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

/// What Redis is told, and what its replies mean. `numbers.lua` is the other side.
enum RedisCommand {
  case operation(StoreOperation)
  case count
  /// What INFO says of memory.
  case memory

  /// What every key of a gateway begins with.
  private static let prefix = "wxpay-gateway:"
  private static let claimed = word("\(prefix)claimed")
  private static let unknown = word("\(prefix)unknown")

  /// - Parameters:
  ///   - script: what EVALSHA calls `numbers.lua` by.
  ///   - gateway: 16 bytes.
  func words(script: [UInt8], gateway: [UInt8]) -> [[UInt8]] {
    switch self {
    case .operation(let operation):
      let (key, name, arguments) = operation.parts
      return [
        word("EVALSHA"), script, word("3"), Self.claimed, Self.unknown, Self.name(of: key),
        word(name), gateway,
      ] + arguments
    case .count:
      return [word("EVALSHA"), script, word("2"), Self.claimed, Self.unknown, word("count")]
    case .memory: return [word("INFO"), word("memory")]
    }
  }

  /// With the digest in hexadecimal, for whoever looks with redis-cli.
  private static func name(of key: RequestKey) -> [UInt8] {
    var name = word("\(prefix)number:")
    let digits = word("0123456789abcdef")
    for byte in NumberDigest(key).bytes {
      name.append(digits[Int(byte >> 4)])
      name.append(digits[Int(byte & 15)])
    }
    return name
  }
}

private func word(_ text: String) -> [UInt8] { Array(text.utf8) }

extension StoreOperation {
  fileprivate var parts: (key: RequestKey, name: String, arguments: [[UInt8]]) {
    switch self {
    case .claim(let key, let fingerprint, let lifetime, let lease):
      (key, "claim", [fingerprint.bytes, milliseconds(lifetime), milliseconds(lease)])
    case .answered(let key, let fingerprint, let answer):
      (key, "answered", [fingerprint.bytes, answer.packed])
    case .unknown(let key): (key, "unknown", [])
    case .released(let key): (key, "released", [])
    }
  }

  /// Redis takes times up to the year 292,000,000; three centuries are as good as for ever.
  private func milliseconds(_ duration: Duration) -> [UInt8] {
    word("\(min(StoreTime.adding(duration, to: 0), 10_000_000_000_000))")
  }
}

extension StoreReply {
  /// - Throws: when Redis refused the operation, or answered what the script never does.
  init(_ reply: RedisReply) throws(RedisError) {
    if case .error(let message) = reply { throw RedisError(reply: message) }
    guard case .list(let parts) = reply, case .text(let word)? = parts.first else {
      throw .strange
    }
    switch (String(decoding: word, as: UTF8.self), parts.dropFirst().first) {
    case ("granted", nil): self = .granted
    case ("granted_after_unknown", nil): self = .grantedAfterUnknown
    case ("in_flight", nil): self = .inFlight
    case ("other_content", nil): self = .otherContent
    case ("done", nil): self = .done
    case ("answered", .text(let packed)):
      guard let answer = StoredAnswer(packed: packed) else {
        throw RedisError(reply: "CORRUPT an answer in it is not as gateways pack it")
      }
      self = .answered(answer)
    default: throw .strange
    }
  }
}
