// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One thing in which a file differs from what runs.
struct ConfigurationDifference: Sendable, Equatable {
  enum Kind: String, Sendable {
    case added
    case removed
    case changed
    /// The key is the same; what lies behind it is not.
    case contentChanged = "content_changed"
  }

  let kind: Kind
  /// The name of a key, of a table such as `merchant.1900000001`, or `operations`.
  let key: String
  /// In the running gateway; `null` where it is added.
  let running: JSONValue
  /// In the file; `null` where it is removed.
  let file: JSONValue
  let needsRestart: Bool
}

extension EffectiveConfiguration {
  /// What is different in `file`, by key.
  func differences(to file: EffectiveConfiguration) -> [ConfigurationDifference] {
    let names = Set(entries.keys).union(file.entries.keys)
    let own = Set(entries.keys.compactMap(Self.table))
    let new = Set(file.entries.keys.compactMap(Self.table))
    let tables = own.symmetricDifference(new)
    let keys = names.filter { Self.table(of: $0).map { !tables.contains($0) } ?? true }
    return tables.sorted().map { table in
      let isAdded = new.contains(table)
      return ConfigurationDifference(
        kind: isAdded ? .added : .removed, key: table,
        running: isAdded ? .null : .object(self.table(table)),
        file: isAdded ? .object(file.table(table)) : .null, needsRestart: false)
    } + keys.sorted().flatMap { Self.differences(at: $0, entries[$0], file.entries[$0]) }
      + operationDifferences(to: file)
  }

  /// `merchant.1900000001` for `merchant.1900000001.certificate`; `nil` for a key of a table that
  /// is there once.
  private static func table(of name: String) -> String? {
    let parts = name.split(separator: ".")
    guard parts.count >= 3, parts[0] == "merchant" || parts[0] == "caller" else { return nil }
    // The name of a caller may hold full stops; its keys do not.
    guard parts[0] == "caller" else { return parts[..<2].joined(separator: ".") }
    return parts.dropLast().joined(separator: ".")
  }

  private func table(_ name: String) -> JSONObject {
    JSONObject(
      entries.filter { $0.key.hasPrefix(name + ".") }.sorted { $0.key < $1.key }.map {
        .init(name: String($0.key.dropFirst(name.utf8.count + 1)), value: $0.value.value)
      })
  }

  private static func differences(
    at name: String, _ running: Entry?, _ file: Entry?
  ) -> [ConfigurationDifference] {
    func difference(_ kind: ConfigurationDifference.Kind, _ old: JSONValue, _ new: JSONValue)
      -> ConfigurationDifference
    {
      ConfigurationDifference(
        kind: kind, key: name, running: old, file: new,
        needsRestart: (running ?? file)?.needsRestart ?? false)
    }
    guard let running else { return [difference(.added, .null, file?.value ?? .null)] }
    guard let file else { return [difference(.removed, running.value, .null)] }
    var found: [ConfigurationDifference] = []
    if running.value != file.value {
      found.append(difference(.changed, running.value, file.value))
    }
    if running.content != file.content {
      found.append(difference(.contentChanged, .object(running.content), .object(file.content)))
    }
    return found
  }

  private func operationDifferences(
    to file: EffectiveConfiguration
  ) -> [ConfigurationDifference] {
    let own = Set(operations)
    let new = Set(file.operations)
    return own.symmetricDifference(new).sorted().map { id in
      ConfigurationDifference(
        kind: new.contains(id) ? .added : .removed, key: "operation.\(id)", running: .null,
        file: .null, needsRestart: false)
    }
  }
}
