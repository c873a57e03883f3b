// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with gateway.conf or with something it names, for a person to act on.
package struct Mistake: Sendable, Hashable {
  /// The file as the user named it.
  package let file: String
  /// 1-based; nil when the mistake has no place in the text, such as a missing file.
  package let line: Int?
  /// 1-based, in code points; nil when `line` is.
  package let column: Int?
  /// Where in the configuration, e.g. `policies.rate_limit.rate` or `merchant[0].id`; empty for the
  /// whole file.
  package let keyPath: String
  /// What is wrong, without any secret.
  package let message: String
  /// What to do about it; may be empty.
  package let remedy: String

  package init(
    file: String, line: Int? = nil, column: Int? = nil, keyPath: String = "", message: String,
    remedy: String = ""
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.keyPath = keyPath
    self.message = message
    self.remedy = remedy
  }
}

extension Mistake: CustomStringConvertible {
  /// `gateway.conf:12:3: server.thread: is not a known key; did you mean "threads"?`
  package var description: String {
    var place = file
    if let line {
      place += ":\(line)"
      if let column { place += ":\(column)" }
    }
    let subject = keyPath.isEmpty ? "" : "\(keyPath): "
    return "\(place): \(subject)\(message)" + (remedy.isEmpty ? "" : "; \(remedy)")
  }
}

/// Everything that keeps a configuration from being used, in the order of the file.
package struct SettingsMistakes: Error, Sendable, CustomStringConvertible {
  /// At least one.
  package let mistakes: [Mistake]

  package init(_ mistakes: [Mistake]) {
    self.mistakes = mistakes
  }

  /// One line each.
  package var description: String {
    mistakes.map(\.description).joined(separator: "\n")
  }
}
