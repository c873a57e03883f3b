// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

/// What Redis is told, and what its replies mean. `number.lua` is the other side.
enum RedisCommand {
  case operation(StoreOperation)
  /// `count.lua`
  case count
  /// INFO
  case facts

  /// What every key of this gateway begins with.
  private static let prefix = "wxpay-gateway:"
  private static let claimed = Array("\(prefix)claimed".utf8)
  private static let unknown = Array("\(prefix)unknown".utf8)

  func words(_ scripts: RedisScripts, gateway: [UInt8]) -> [[UInt8]] {
    switch self {
    case .operation(let operation):
      let (key, name, arguments) = operation.parts
      return [
        word("EVALSHA"), scripts.number, word("3"), Self.name(of: key), Self.claimed,
        Self.unknown, word(name), gateway,
      ] + arguments
    case .count:
      return [word("EVALSHA"), scripts.count, word("2"), Self.claimed, Self.unknown]
    case .facts: return [word("INFO"), word("memory")]
    }
  }

  /// The digest in hexadecimal, for whoever looks with redis-cli.
  private static func name(of key: RequestKey) -> [UInt8] {
    var name = Array("\(prefix)number:".utf8)
    let digits = Array("0123456789abcdef".utf8)
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
    case .answered(let key, let answer):
      (
        key, "answered",
        [word("\(answer.status)"), answer.body, word(answer.recovered ? "1" : "0")]
          + field("type", answer.contentType) + field("request_id", answer.upstreamRequestID)
      )
    case .unknown(let key): (key, "unknown", [])
    case .released(let key): (key, "released", [])
    }
  }

  /// Redis takes times up to the year 292,000,000; three centuries are as good as for ever.
  private func milliseconds(_ duration: Duration) -> [UInt8] {
    word("\(min(StoreTime.adding(duration, to: 0), 10_000_000_000_000))")
  }

  /// A field of the answer that may be absent.
  private func field(_ name: String, _ value: String?) -> [[UInt8]] {
    value.map { [word(name), word($0)] } ?? []
  }
}

extension StoreReply {
  /// - Throws: `full` or `unavailable` when Redis refused the operation.
  init(_ reply: RedisReply, _ address: RedisAddress) throws(StoreFailure) {
    if case .error(let message) = reply {
      throw StoreFailure(RedisError(message: message), address: address)
    }
    guard case .list(let parts) = reply, case .text(let word)? = parts.first else {
      throw StoreFailure(strange: reply, address: address)
    }
    switch String(decoding: word, as: UTF8.self) {
    case "granted": self = .granted
    case "granted_after_unknown": self = .grantedAfterUnknown
    case "in_flight": self = .inFlight
    case "other_content": self = .otherContent
    case "done": self = .done
    case "answered":
      guard let answer = StoredAnswer(parts.dropFirst()) else {
        throw StoreFailure(strange: reply, address: address)
      }
      self = .answered(answer)
    default: throw StoreFailure(strange: reply, address: address)
    }
  }
}

extension StoredAnswer {
  /// - Parameter fields: status, type, body, request id, recovered.
  fileprivate init?(_ fields: ArraySlice<RedisReply>) {
    let fields = Array(fields)
    guard fields.count == 5, case .text(let body) = fields[2],
      let status = fields[0].string.flatMap({ Int($0) }), let recovered = fields[4].string
    else { return nil }
    self.init(
      status: status, contentType: fields[1].string, body: body,
      upstreamRequestID: fields[3].string, recovered: recovered == "1")
  }
}

extension RedisReply {
  fileprivate var string: String? {
    if case .text(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
  }
}

extension StoreFailure {
  init(_ error: RedisError, address: RedisAddress) {
    self.init(
      error.word == "OOM" ? .full : .unavailable,
      detail: "the store \(address) failed: \(error.message); \(error.remedy)")
  }

  /// A reply that no script of ours gives: somebody else writes to its keys.
  init(strange reply: RedisReply, address: RedisAddress) {
    let kind =
      switch reply {
      case .nothing: "nothing"
      case .text: "a text"
      case .number: "a number"
      case .list(let parts): "a list of \(parts.count)"
      case .error(let message): message
      }
    self.init(
      .corrupt, detail: "the store \(address) answered what it never should: \(kind)")
  }
}
