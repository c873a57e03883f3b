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

  init(file: String, environment: Environment) {
    self.file = file
    self.folder = FilePath.folder(of: file)
    self.environment = environment
  }

  func mistake(_ keyPath: String, at place: Place?, _ message: String, remedy: String = "") {
    mistakes.append(finding(keyPath, at: place, message, remedy))
  }

  func warning(_ keyPath: String, at place: Place?, _ message: String, remedy: String = "") {
    warnings.append(finding(keyPath, at: place, message, remedy))
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
