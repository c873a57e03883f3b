// SPDX-License-Identifier: Apache-2.0

/// Collects what is wrong while one configuration is read, and holds what reading needs besides the
/// text.
final class Findings {
  /// As the user named it.
  let file: String
  /// What relative paths start from.
  let folder: String
  let environment: Environment
  private(set) var mistakes: [Mistake] = []
  private(set) var warnings: [Mistake] = []
  /// In the order in which they were read.
  private(set) var values: [EffectiveValue] = []

  init(file: String, environment: Environment) {
    self.file = file
    self.folder = FilePath.folder(of: file)
    self.environment = environment
  }

  func mistake(_ keyPath: String, at place: Place?, _ message: String, remedy: String) {
    mistakes.append(finding(keyPath, at: place, message, remedy))
  }

  func warning(_ keyPath: String, at place: Place?, _ message: String, remedy: String) {
    warnings.append(finding(keyPath, at: place, message, remedy))
  }

  /// Notes what a key comes to.
  ///
  /// - Parameter text: as TOML, on one line; empty when the key has no value of its own.
  func record(
    _ keyPath: String, at place: Place?, _ text: String, needsRestart: Bool,
    content: EffectiveValue.Content?
  ) {
    guard !text.isEmpty else { return }
    values.append(
      EffectiveValue(
        keyPath: keyPath, name: keyPath, line: place?.line, column: place?.column,
        text: withoutFolder(text),
        needsRestart: needsRestart, content: content))
  }

  /// Paths as the file writes them: where the file lies is no part of what it says.
  private func withoutFolder(_ text: String) -> String {
    guard !folder.isEmpty else { return text }
    let written = tomlString(FilePath.join(folder, "")).dropFirst().dropLast()
    return ["\"", "\"file:", "\"sqlite:", "\"unix:"].reduce(text) {
      $0.replacing($1 + written, with: $1)
    }
  }

  private func finding(
    _ keyPath: String, at place: Place?, _ message: String, _ remedy: String
  ) -> Mistake {
    let known = place.flatMap { $0.line > 0 ? $0 : nil }
    return Mistake(
      file: file, line: known?.line, column: known?.column, keyPath: keyPath, message: message,
      remedy: remedy)
  }
}
