// SPDX-License-Identifier: Apache-2.0

/// The lines `name:value` of INFO: https://redis.io/docs/latest/commands/info/
struct RedisFacts {
  private let values: [Substring: Substring]

  init(_ reply: RedisReply) {
    guard case .text(let bytes) = reply else {
      values = [:]
      return
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    values = Dictionary(
      lines.compactMap { line in
        line.firstIndex(of: ":").map { (line[..<$0], line[line.index(after: $0)...]) }
      }, uniquingKeysWith: { first, _ in first })
  }

  subscript(_ name: String) -> String? { values[name[...]].map(String.init) }

  /// Why the server cannot keep request numbers.
  var hindrance: RedisError? {
    let version = self["redis_version"] ?? "unknown"
    let major = version.split(separator: ".").first.flatMap { Int($0) } ?? 0
    if major < 7 {
      return RedisError(
        unfit: "it is Redis \(version), which lacks commands", remedy: "use 7.0 or newer, or Valkey"
      )
    }
    if self["cluster_enabled"] == "1" {
      return RedisError(unfit: "it is a part of a cluster", remedy: "use a server of its own")
    }
    if self["role"] == "slave" {
      return RedisError(reply: "READONLY it takes no changes")
    }
    return forgetfulness
  }

  /// Why numbers could leave before their time. Known from the section `memory` alone.
  var forgetfulness: RedisError? {
    guard self["maxmemory"] != "0", let policy = self["maxmemory_policy"], policy != "noeviction"
    else { return nil }
    return RedisError(
      unfit:
        "it forgets numbers when its memory is full (maxmemory-policy \(policy)): they could be sent twice",
      remedy: "set maxmemory-policy noeviction")
  }

  /// What the server does not promise.
  var weakness: String? {
    self["aof_enabled"] == "1" ? nil : "does not write each change to its disk (appendonly is off)"
  }
}
