// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Log lines: one JSON object a line (CONTRACT 7), or plain text for people at a terminal.
///
/// Messages are constant; what varies is a field. Nothing that comes here holds a key, a token, a
/// signature, a coupon code or a body: the callers pass names, numbers and codes only.
package struct Log: Sendable {
  package enum Level: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    package var name: String {
      switch self {
      case .debug: "debug"
      case .info: "info"
      case .warning: "warning"
      case .error: "error"
      }
    }
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
    var line = LogLine()
    let milliseconds = Int(Date.now.timeIntervalSince1970 * 1000)
    switch format {
    case .json:
      line.append("{\"time\":\"")
      line.append(time: milliseconds)
      line.append("\",\"level\":\"\(level.name)\",\"kind\":\"\(kind.rawValue)\",\"message\":")
      line.append(quoted: message.description)
      for (name, value) in fields() {
        if let value { line.append(member: name, value) }
      }
      line.append("}\n")
    case .text:
      line.append(time: milliseconds)
      line.append(" \(level.name.uppercased()) \(message)")
      for (name, value) in fields() {
        guard let value else { continue }
        line.append(" \(name)=")
        line.append(value)
      }
      line.append("\n")
    }
    write(String(decoding: line.bytes, as: UTF8.self))
  }
}
