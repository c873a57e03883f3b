// SPDX-License-Identifier: Apache-2.0
internal import OpenAPI
internal import Settings
internal import Telemetry

/// Everything that was found in a configuration and in what it names.
struct Findings: Sendable {
  /// What keeps a gateway from starting with it.
  private(set) var mistakes: [Mistake]
  /// What a gateway starts with, although a merchant cannot be served: a mistake to whoever checks,
  /// but no reason to stop serving the other merchants.
  private(set) var faults: [Mistake] = []
  /// What works but should be looked at.
  private(set) var warnings: [Mistake]

  init(mistakes: [Mistake] = [], warnings: [Mistake] = []) {
    self.mistakes = mistakes
    self.warnings = warnings
  }

  mutating func add(_ mistake: Mistake) {
    guard !mistakes.contains(mistake) else { return }
    mistakes.append(mistake)
  }

  /// Whether something is wrong with the key already: what cannot be read is found by the settings
  /// first, and need not be told again by what would use it.
  func hasMistake(at name: String, in settings: GatewaySettings) -> Bool {
    let keyPath = settings.value(name)?.keyPath ?? name
    return mistakes.contains { $0.keyPath == keyPath && $0.file == settings.file }
  }

  mutating func add(warning: Mistake) {
    warnings.append(warning)
  }

  /// - Parameter name: of the key, as `EffectiveValue.name`.
  mutating func mistake(
    _ name: String, in settings: GatewaySettings, _ message: String, remedy: String
  ) {
    add(Mistake(name, in: settings, message, remedy: remedy))
  }

  mutating func mistake(
    at value: EffectiveValue, in settings: GatewaySettings, _ message: String, remedy: String
  ) {
    add(
      Mistake(
        file: settings.file, line: value.line, column: value.column, keyPath: value.keyPath,
        message: message, remedy: remedy))
  }

  /// - Parameter name: of the key, as `EffectiveValue.name`.
  mutating func fault(
    _ name: String, in settings: GatewaySettings, _ message: String, remedy: String
  ) {
    faults.append(Mistake(name, in: settings, message, remedy: remedy))
  }

  /// - Parameter name: of the key, as `EffectiveValue.name`.
  mutating func warning(
    _ name: String, in settings: GatewaySettings, _ message: String, remedy: String
  ) {
    warnings.append(Mistake(name, in: settings, message, remedy: remedy))
  }
}

extension Findings {
  /// Says what does not keep the gateway from running with the configuration.
  func log(to log: Log) {
    for finding in faults + warnings {
      log(
        .warning, "the configuration should be looked at",
        ["key": .text(finding.keyPath), "finding": .text(finding.description)])
    }
  }
}

extension Mistake {
  fileprivate init(
    _ name: String, in settings: GatewaySettings, _ message: String, remedy: String
  ) {
    let value = settings.value(name)
    self.init(
      file: settings.file, line: value?.line, column: value?.column,
      keyPath: value?.keyPath ?? name, message: message,
      remedy: remedy)
  }

  /// A mistake of an OpenAPI document; its JSON Pointer is the key path.
  init(_ mistake: DocumentMistake) {
    self.init(
      file: mistake.document, line: mistake.line, keyPath: mistake.pointer,
      message: mistake.message,
      remedy: mistake.remedy.prefix(1).lowercased() + mistake.remedy.dropFirst())
  }
}
