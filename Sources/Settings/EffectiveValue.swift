// SPDX-License-Identifier: Apache-2.0

/// What one key of a configuration comes to, written or by default.
package struct EffectiveValue: Sendable, Hashable {
  /// As in mistakes, e.g. `server.listen` or `merchant[0].certificate`.
  package let keyPath: String
  /// The same with names instead of positions, e.g. `merchant.1900000001.certificate`, so that
  /// configurations of another order can be compared.
  package let name: String
  /// 1-based; nil where nothing is written and the default holds.
  package let line: Int?
  /// 1-based, in code points; nil when `line` is.
  package let column: Int?
  /// As TOML, on one line: a string, a number, a boolean or a list, which is JSON too. Durations
  /// are in their shortest form and paths relative to the file; a secret is a reference to it.
  package let text: String
  /// Whether a change waits for the next start.
  package let needsRestart: Bool
  /// Where the content of the value lies; nil when the value is all there is.
  package let content: Content?

  /// What a value stands for besides itself.
  package enum Content: Sendable {
    /// A key or a certificate.
    case kept(SecretReference)
    /// Bearer tokens of one caller.
    case tokens([CallerToken])
  }

  func named(_ name: String) -> EffectiveValue {
    EffectiveValue(
      keyPath: keyPath, name: name, line: line, column: column, text: text,
      needsRestart: needsRestart,
      content: content)
  }

  // Where it stands in the file does not matter.
  package static func == (a: EffectiveValue, b: EffectiveValue) -> Bool {
    a.name == b.name && a.text == b.text
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(text)
  }
}

extension GatewaySettings {
  /// A path that was joined with the folder of gateway.conf, as the file writes it.
  package func relativePath(_ path: String) -> String {
    let folder = FilePath.folder(of: file)
    let prefix = FilePath.join(folder, "")
    return !folder.isEmpty && path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }

  /// The value with this name, e.g. `merchant.1900000001.certificate`.
  package func value(_ name: String) -> EffectiveValue? {
    positions[name].map { values[$0] }
  }

  /// Names of keys whose change waits for the next start of a gateway that runs with `self`.
  package func changesThatNeedARestart(_ new: GatewaySettings) -> [String] {
    let old = Set(values.filter(\.needsRestart))
    let changes = old.symmetricDifference(new.values.filter(\.needsRestart))
    // Certificates can be renewed, but a listener does not become one with TLS.
    let tls = (server.tls == nil) == (new.server.tls == nil) ? [] : ["server.tls"]
    return (Set(changes.map(\.name)).union(tls)).sorted()
  }
}
