// SPDX-License-Identifier: Apache-2.0

/// `[log]`: what is logged, and where.
package struct LogSettings: Sendable, Hashable {
  package enum Level: String, Sendable, Hashable, CaseIterable {
    case debug, info, warning, error
  }

  package enum Format: String, Sendable, Hashable, CaseIterable {
    case json, text
  }

  package var level: Level
  package var format: Format
  /// Of so many successes that were nothing special one has an access line; 1: every one.
  package var accessSampling: Int
  /// The path of the audit log; nil: its lines go with the others to standard error.
  package var audit: String?
}

extension LogSettings {
  enum Keys {
    static let level = DefaultedKey(
      "level", ValueType<Level>.choice, default: .info,
      "The least level that is logged. Audit lines are always written.", needsRestart: true)
    static let format = DefaultedKey(
      "format", ValueType<Format>.choice, default: .json,
      "\"json\": an object a line; \"text\": for people at a terminal.", needsRestart: true)
    static let accessSampling = DefaultedKey(
      "access_sampling", .integer(1...1_000_000), default: 1,
      """
      Of so many requests that succeeded at the first attempt one has an access line; 1: every one. \
      What was refused, failed, was tried again or observed always has its line.
      """, needsRestart: true)
    static let audit = OptionalKey(
      "audit", .logFile,
      """
      A file of its own for the audit log: a line for every signature. After it was moved away, \
      SIGUSR1 opens it anew. Absent: audit lines go with the others to standard error.
      """, needsRestart: true)
  }

  static let section = SectionDefinition(
    "log", "What is logged.",
    keys: [
      Keys.level.definition, Keys.format.definition, Keys.accessSampling.definition,
      Keys.audit.definition,
    ])

  init(_ section: SectionReader) {
    level = section.value(Keys.level)
    format = section.value(Keys.format)
    accessSampling = section.value(Keys.accessSampling)
    audit = section.value(Keys.audit)
  }
}

extension ValueType where Value == String {
  /// A file that is made when it is not there; read as the path to open.
  static let logFile = ValueType.string(
    "\"file:PATH\", relative to this file",
    parse: { text, keyPath, place, findings in
      let written = text.hasPrefix("file:") ? String(text.dropFirst("file:".count)) : text
      guard !written.isEmpty, !written.hasSuffix("/"), !written.utf8.contains(0) else {
        findings.mistake(
          keyPath, at: place, "is \(quoted(text)), which names no file",
          remedy: "write \"file:PATH\"")
        return nil
      }
      return FilePath.join(findings.folder, written)
    }, write: tomlString)
}
