// SPDX-License-Identifier: Apache-2.0

/// Reads one table by its definition. Unknown keys are reported once, when the reader is made.
struct SectionReader {
  /// Where the table stands, e.g. `policies.rate_limit` or `merchant[0]`.
  let path: String
  /// nil when the table is not written at all: every default applies.
  let place: Place?
  let findings: Findings
  private let entries: [TOMLNode.Entry]

  /// - Parameters:
  ///   - node: the table; nil when it is absent. Anything but a table is reported and read as
  ///     absent.
  ///   - path: where it stands.
  ///   - subtables: names inside it that are read on their own.
  init(
    _ node: TOMLNode?, at path: String, _ section: SectionDefinition, subtables: [String] = [],
    findings: Findings
  ) {
    self.path = path
    self.findings = findings
    place = node?.place
    guard let node else {
      entries = []
      return
    }
    guard case .table(let entries) = node.value else {
      self.entries = []
      findings.mistake(
        path, at: node.place, "is \(node.typeInWords); a table is expected",
        remedy: section.isRepeated ? "write [[\(section.path)]]" : "write [\(section.path)]")
      return
    }
    self.entries = entries
    let known = section.keys.map(\.name) + subtables
    for entry in entries where !known.contains(entry.name) {
      findings.unknownKey(entry, in: path, known: known)
    }
  }

  func keyPath(_ name: String) -> String {
    path.isEmpty ? name : "\(path).\(name)"
  }

  /// The value's own place, else the table's.
  func place(of name: String) -> Place? {
    node(name)?.place ?? place
  }

  func node(_ name: String) -> TOMLNode? {
    entries.first { $0.name.utf8.elementsEqual(name.utf8) }?.node
  }

  /// The default also stands in for a wrong value, so that reading can go on.
  func value<Value>(_ key: DefaultedKey<Value>) -> Value {
    value(key, else: key.standard)
  }

  /// As `value(_:)` with another default, for a table that inherits from a second one.
  func value<Value>(_ key: DefaultedKey<Value>, else standard: @autoclosure () -> Value) -> Value {
    let value = read(key.definition, key.type) ?? standard()
    record(key.definition, key.type, value)
    return value
  }

  /// nil when the value is missing or wrong; either is reported.
  func value<Value>(_ key: RequiredKey<Value>) -> Value? {
    let name = key.definition.name
    guard node(name) != nil else {
      findings.mistake(
        keyPath(name), at: place, "is missing", remedy: "write \(name) = …, \(key.type.words)")
      return nil
    }
    return readAndRecord(key.definition, key.type)
  }

  /// nil when the value is missing, or wrong, which is reported.
  func value<Value>(_ key: OptionalKey<Value>) -> Value? {
    readAndRecord(key.definition, key.type)
  }

  private func readAndRecord<Value>(_ definition: KeyDefinition, _ type: ValueType<Value>) -> Value?
  {
    let value = read(definition, type)
    if let value { record(definition, type, value) }
    return value
  }

  private func read<Value>(_ definition: KeyDefinition, _ type: ValueType<Value>) -> Value? {
    guard let node = node(definition.name) else { return nil }
    return type.read(node, keyPath(definition.name), findings)
  }

  /// A table's own keys are recorded instead of it.
  private func record<Value>(_ definition: KeyDefinition, _ type: ValueType<Value>, _ value: Value)
  {
    guard definition.table == nil else { return }
    let content: EffectiveValue.Content? =
      switch value {
      case let reference as SecretReference: .kept(reference)
      case let tokens as [CallerToken]: .tokens(tokens)
      case let place as PrivateKeyPlace: place.reference.map { .kept($0) }
      default: nil
      }
    findings.record(
      keyPath(definition.name), at: node(definition.name)?.place, type.write(value),
      needsRestart: definition.needsRestart, content: content)
  }
}

extension Findings {
  /// Reports a key that nothing reads, with the nearest known name, or the one table where that
  /// name belongs.
  func unknownKey(_ entry: TOMLNode.Entry, in path: String, known: [String]) {
    let keyPath = path.isEmpty ? entry.name : "\(path).\(entry.name)"
    let homes = GatewaySettings.sections.filter { section in
      section.keys.contains { $0.name == entry.name }
    }
    let remedy: String
    if let nearest = nearestName(to: entry.name, among: known) {
      remedy = "did you mean \"\(nearest)\"?"
    } else if let home = homes.first, homes.count == 1 {
      remedy = "it belongs into \(home.isRepeated ? "[[\(home.path)]]" : "[\(home.path)]")"
    } else {
      remedy = "known here: \(known.joined(separator: ", "))"
    }
    mistake(keyPath, at: entry.node.place, "is not a known key", remedy: remedy)
  }

  /// Reports a value of another type than the key's.
  func wrongType(_ node: TOMLNode, at keyPath: String, expected: String, remedy: String) {
    mistake(
      keyPath, at: node.place, "is \(node.typeInWords); it must be \(expected)", remedy: remedy)
  }
}
