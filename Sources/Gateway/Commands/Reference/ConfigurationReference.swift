// SPDX-License-Identifier: Apache-2.0
internal import Settings

/// The reference of gateway.conf, from the definitions that read it.
struct ConfigurationReference {
  /// A table of the file with its keys.
  struct Table {
    /// As the file writes it, e.g. `[server]`, `[[merchant]]`, or `server.tls = { … }`.
    let title: String
    /// What stands before the names of its keys, e.g. `server.` or `merchant.`.
    let path: String
    let section: SectionDefinition
  }

  /// Every table, and behind it those that are written inside of it.
  let tables: [Table] = GatewaySettings.sections.flatMap { section in
    let title = section.isRepeated ? "[[\(section.path)]]" : "[\(section.path)]"
    let inner = section.keys.compactMap { key in
      key.table.map { inner in
        Table(
          title: "\(key.name) in \(title)", path: "\(section.path).\(key.name)", section: inner)
      }
    }
    return [Table(title: title, path: section.path, section: section)] + inner
  }

  static let introduction = """
    gateway.conf is TOML 1.0. Relative paths start from the folder of the file. Secrets are never \
    written in it: "file:PATH" or "env:NAME" says where they are kept. Durations are numbers with \
    units: "500ms", "10s", "1m30s", "168h", "7d". An unknown key is a mistake. \
    `wxpay-gateway check` reports every mistake with its line and a remedy, and `wxpay-gateway \
    diff` what a changed file would change. SIGHUP makes a running gateway read the file anew; keys \
    that need a restart keep their value until then.
    """

  var markdown: String {
    var lines = [
      "# Configuration reference", "",
      "<!-- Made by `make docs` from the definitions in Sources/Settings. Do not edit. -->", "",
      Self.introduction.wrapped(), "",
      "`gateway.conf` in the root of the project is a complete example.", "",
    ]
    for table in tables {
      lines += ["## \(table.title)", "", table.section.text.wrapped(), ""]
      for key in table.section.keys {
        lines += ["### `\(table.path).\(key.name)`", ""]
        lines += [key.facts.map { "- \($0)" }.joined(separator: "\n"), "", key.text.wrapped(), ""]
      }
    }
    return lines.joined(separator: "\n")
  }
}

extension KeyDefinition {
  /// Type, default, and when a change is noticed.
  fileprivate var facts: [String] {
    let standard =
      if let defaultText {
        "default: `\(defaultText)`"
      } else {
        isRequired ? "must be written" : "may be left out"
      }
    return [
      "type: \(type)", standard,
      "a change needs: \(needsRestart ? "a restart" : "a reload (SIGHUP)")", "since: \(since)",
    ]
  }
}

extension String {
  /// The text in lines of at most 120 characters.
  func wrapped() -> String {
    var lines = [""]
    for word in split(separator: " ", omittingEmptySubsequences: false) {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= 120 {
        lines[lines.count - 1] = line + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }
}
