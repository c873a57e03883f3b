// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import JSON
internal import OpenAPI
internal import Settings
internal import WeChatPay

/// What `check` says, for people and for programs (docs/check.md).
struct CheckReport {
  let file: String
  /// `nil` when a gateway would not start.
  let preparation: Preparation?
  /// In the order of the configuration, then those of other files.
  let mistakes: [Mistake]
  let warnings: [Mistake]
  let online: OnlineAnswers?

  init(file: String, preparation: Preparation?, findings: Findings, online: OnlineAnswers?) {
    self.file = file
    self.preparation = preparation
    self.online = online
    mistakes = Self.inOrder(findings.mistakes + findings.faults, file)
    warnings = Self.inOrder(findings.warnings, file)
  }

  var isGood: Bool { mistakes.isEmpty }

  private static func inOrder(_ findings: [Mistake], _ file: String) -> [Mistake] {
    findings.enumerated().sorted { a, b in
      func rank(_ entry: (offset: Int, element: Mistake)) -> (Int, Int, Int, Int) {
        guard entry.element.file == file else { return (1, 0, 0, entry.offset) }
        return (0, entry.element.line ?? 0, entry.element.column ?? 0, entry.offset)
      }
      return rank(a) < rank(b)
    }.map(\.element)
  }

  func printText() {
    for warning in warnings { standardError("warning: \(warning)") }
    for mistake in mistakes { standardError("error: \(mistake)") }
    for line in online?.lines ?? [] { print(line) }
    if let preparation, isGood {
      print(
        "\(file): \(count(preparation.catalog.operations.count, "operation")), "
          + "\(count(preparation.credentials.count, "merchant")), "
          + "\(count(preparation.settings.callers.count, "caller")), no mistakes")
    } else {
      standardError(count(mistakes.count, "mistake"))
    }
  }

  var document: JSONValue {
    var document: JSONObject = [
      "file": .string(file), "valid": .bool(isGood),
      "mistakes": .array(mistakes.map(\.document)), "warnings": .array(warnings.map(\.document)),
    ]
    if let preparation {
      let configuration = EffectiveConfiguration(
        preparation.settings, preparation.catalog, salt: .ofProcess)
      document["sha256"] = .string(configuration.sha256)
      document["operations"] = .array(configuration.operations.map(JSONValue.string))
      document["merchants"] = .array(
        preparation.credentials.map { .string($0.signing.merchant.text) })
      document["callers"] = .array(preparation.settings.callers.map { .string($0.name) })
    }
    document["online"] = online?.document
    return .object(document)
  }
}

extension Mistake {
  fileprivate var document: JSONValue {
    func number(_ value: Int?) -> JSONValue { value.map { .number(JSONNumber($0)) } ?? .null }
    return [
      "file": .string(file), "line": number(line), "column": number(column),
      "key": .string(keyPath), "message": .string(message), "remedy": .string(remedy),
    ]
  }
}
