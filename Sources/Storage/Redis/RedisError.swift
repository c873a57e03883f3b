// SPDX-License-Identifier: Apache-2.0

/// Why Redis did not do what it was told, or could not be told.
struct RedisError: Error, Sendable {
  /// In the words of Redis, of the system or of ours; without anything that was sent.
  let message: String
  /// What to do about it.
  let remedy: String

  /// - Parameter remedy: `nil` for what the message calls for.
  init(message: String, remedy: String? = nil) {
    self.message = String(message.hasSuffix(".") ? message.dropLast() : message[...])
    self.remedy =
      remedy ?? Self.remedies[Self.word(of: message)] ?? "see that it runs and can be reached"
  }

  /// What the errors of Redis begin with: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
  var word: String { Self.word(of: message) }

  private static func word(of message: String) -> String { String(message.prefix { $0 != " " }) }

  private static let remedies = [
    "OOM": "raise maxmemory, or shorten policies.deduplicate.ttl",
    "MISCONF": "make room on its disk",
    "READONLY": "it has become a replica; name the master",
    "LOADING": "it reads its file; wait",
    "NOAUTH": "write where its password is: store.password",
    "WRONGPASS": "compare the password that store.password leads to",
    "NOPERM":
      "allow its default user AUTH, SELECT, INFO, EVALSHA, SCRIPT and the keys wxpay-gateway:*",
    "WRONGTYPE": "leave the keys wxpay-gateway:* to gateways",
    "ERR": "see its log",
  ]
}
