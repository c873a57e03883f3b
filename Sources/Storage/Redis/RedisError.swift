// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

/// Why Redis did not do what it was told, or could not be told.
struct RedisError: Error, Sendable {
  /// In the words of Redis, of the system or of ours; without anything that was sent.
  let message: String
  let code: StoreFailure.Code
  /// What to do about it.
  let remedy: String

  /// An error of Redis, which begins with a word that says which:
  /// https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
  init(reply message: String) {
    self.message = String(message.hasSuffix(".") ? message.dropLast() : message[...])
    (code, remedy) = Self.meanings[Self.word(of: message)] ?? (.unavailable, "see its log")
  }

  /// The connection cannot be made, or is of no use any more: nothing can be said about what had no
  /// reply yet.
  init(connection message: String) {
    self.init(message: message, code: .unavailable, remedy: "see that it runs and can be reached")
  }

  /// It cannot keep request numbers as it is.
  init(unfit message: String, remedy: String) {
    self.init(message: message, code: .unfit, remedy: remedy)
  }

  private init(message: String, code: StoreFailure.Code, remedy: String) {
    self.message = message
    self.code = code
    self.remedy = remedy
  }

  /// Nothing came for so long that the server is as good as broken.
  static let late = RedisError(connection: "no answer within two seconds")

  /// Somebody else writes to its keys.
  static let strange = RedisError(reply: "CORRUPT it answered what it never should")

  static func word(of message: String) -> String { String(message.prefix { $0 != " " }) }

  private static let meanings: [String: (StoreFailure.Code, String)] = [
    "OOM": (.full, "raise maxmemory, or shorten policies.deduplicate.ttl"),
    "MISCONF": (.full, "make room on its disk"),
    "READONLY": (.unavailable, "it is a replica; name the master"),
    "LOADING": (.unavailable, "it reads its file; wait"),
    "NOAUTH": (.unfit, "write where its password is: store.password"),
    "WRONGPASS": (.unfit, "compare the password that store.password leads to"),
    "NOPERM": (.unfit, "allow its default user all commands and the keys wxpay-gateway:*"),
    "WRONGTYPE": (.corrupt, "leave the keys wxpay-gateway:* to gateways"),
    "CORRUPT": (.corrupt, "leave the keys wxpay-gateway:* to gateways"),
  ]
}

extension StoreFailure {
  init(_ error: RedisError, address: RedisAddress) {
    self.init(
      error.code, detail: "the store \(address) failed: \(error.message); \(error.remedy)")
  }
}
