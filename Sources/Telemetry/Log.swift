// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import JSON

/// Log lines: one JSON object a line (CONTRACT 7), or plain text for people at a terminal.
///
/// Messages are constant; what varies is a field. Nothing that comes here holds a key, a token, a
/// signature, a coupon code or a body: the callers pass names, numbers and codes only.
package struct Log: Sendable {
  package enum Level: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    package var name: String { "\(self)" }
  }

  /// What kind of line it is.
  package enum Kind: String, Sendable {
    /// A request was answered.
    case access
    /// A signature was made: who, for which merchant, for what.
    case audit
    case event
  }

  package enum Format: String, Sendable, CaseIterable {
    case json, text
  }

  private let level: Level
  private let format: Format
  private let write: @Sendable (String) -> Void

  /// - Parameter write: gets whole lines, line feed included; must not block.
  package init(level: Level, format: Format, write: @escaping @Sendable (String) -> Void) {
    self.level = level
    self.format = format
    self.write = write
  }

  package func callAsFunction(
    _ level: Level, _ message: StaticString, kind: Kind = .event,
    _ fields: @autoclosure () -> KeyValuePairs<String, LogValue?> = [:]
  ) {
    guard level >= self.level else { return }
    let time = Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(.now)
    let present = fields().compactMap { name, value in value.map { (name, $0.json) } }
    switch format {
    case .json:
      let head: [(String, JSONValue)] = [
        ("time", .string(time)), ("level", .string(level.name)), ("kind", .string(kind.rawValue)),
        ("message", .string("\(message)")),
      ]
      let members = (head + present).map { JSONObject.Member(name: $0.0, value: $0.1) }
      write(
        String(decoding: JSONValue.object(JSONObject(members)).serialized(), as: UTF8.self) + "\n")
    case .text:
      let tail = present.map { "\($0.0)=\(String(decoding: $0.1.serialized(), as: UTF8.self))" }
      write("\(time) \(level.name.uppercased()) \(message) \(tail.joined(separator: " "))\n")
    }
  }
}
