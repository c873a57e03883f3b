// SPDX-License-Identifier: Apache-2.0

/// What the configuration reference says about one key. Reading uses the same definition, so
/// neither can go stale.
package struct KeyDefinition: Sendable {
  package let name: String
  /// What may be written, with its range, e.g. `a duration such as "10s", from "1ms" to "10m"`.
  package let type: String
  /// As TOML; nil when there is no default.
  package let defaultText: String?
  package let isRequired: Bool
  /// One or more sentences for the person who writes gateway.conf.
  package let text: String
  /// The keys inside, when the value is a table.
  package let table: SectionDefinition?
  /// Whether a change waits for the next start; otherwise a reload (SIGHUP) is enough.
  package let needsRestart: Bool
  /// The version that brought the key.
  package let since: String
}

/// What the configuration reference says about one table of gateway.conf.
package struct SectionDefinition: Sendable {
  /// Without brackets, e.g. `policies.rate_limit`.
  package let path: String
  /// Whether it is an array of tables (`[[merchant]]`).
  package let isRepeated: Bool
  /// What the table is about.
  package let text: String
  /// In the order of the reference.
  package let keys: [KeyDefinition]

  init(_ path: String, isRepeated: Bool = false, _ text: String, keys: [KeyDefinition]) {
    self.path = path
    self.isRepeated = isRepeated
    self.text = text
    self.keys = keys
  }
}

/// A type of value: how a user is told what to write, how it is read, and how a default is shown.
struct ValueType<Value: Sendable>: Sendable {
  /// Completes "must be …".
  let words: String
  /// The keys of a table.
  let table: SectionDefinition?
  /// Reads a value that stands at the key path. A mistake is reported and gives nil.
  let read: @Sendable (TOMLNode, String, Findings) -> Value?
  /// The value as TOML.
  let write: @Sendable (Value) -> String

  init(
    _ words: String, table: SectionDefinition? = nil,
    read: @escaping @Sendable (TOMLNode, String, Findings) -> Value?,
    write: @escaping @Sendable (Value) -> String
  ) {
    self.words = words
    self.table = table
    self.read = read
    self.write = write
  }
}

/// A key that has a default.
struct DefaultedKey<Value: Sendable>: Sendable {
  let definition: KeyDefinition
  let type: ValueType<Value>
  let standard: Value

  init(
    _ name: String, _ type: ValueType<Value>, default standard: Value, _ text: String,
    needsRestart: Bool = false, since: String = "0.1.0"
  ) {
    self.type = type
    self.standard = standard
    definition = KeyDefinition(
      name: name, type: type.words, defaultText: type.write(standard), isRequired: false,
      text: text, table: type.table, needsRestart: needsRestart, since: since)
  }
}

/// A key that must be written.
struct RequiredKey<Value: Sendable>: Sendable {
  let definition: KeyDefinition
  let type: ValueType<Value>

  init(
    _ name: String, _ type: ValueType<Value>, _ text: String, needsRestart: Bool = false,
    since: String = "0.1.0"
  ) {
    self.type = type
    definition = KeyDefinition(
      name: name, type: type.words, defaultText: nil, isRequired: true, text: text,
      table: type.table, needsRestart: needsRestart, since: since)
  }
}

/// A key whose absence has a meaning of its own, which its text states.
struct OptionalKey<Value: Sendable>: Sendable {
  let definition: KeyDefinition
  let type: ValueType<Value>

  init(
    _ name: String, _ type: ValueType<Value>, _ text: String, needsRestart: Bool = false,
    since: String = "0.1.0"
  ) {
    self.type = type
    definition = KeyDefinition(
      name: name, type: type.words, defaultText: nil, isRequired: false, text: text,
      table: type.table, needsRestart: needsRestart, since: since)
  }
}
