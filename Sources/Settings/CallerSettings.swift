// SPDX-License-Identifier: Apache-2.0

/// One `[[caller]]`: a service and what it may do.
package struct CallerSettings: Sendable, Hashable {
  /// Its name in logs and metrics.
  package var name: String
  package var token: CallerToken
  /// Ids of merchants.
  package var merchants: NameSelection
  /// Ids of operations, as the OpenAPI documents name them; whether they exist is not checked here.
  package var operations: NameSelection
  /// Where the table stands in gateway.conf, for later mistakes about this caller; 1-based.
  package var line: Int
}

/// Some names, or all there are.
package enum NameSelection: Sendable, Hashable {
  /// Written `["*"]`.
  case all
  case only(Set<String>)

  /// Whether the name is among them.
  package func contains(_ name: String) -> Bool {
    switch self {
    case .all: true
    case .only(let names): names.contains(name)
    }
  }

  init(_ names: [String]) {
    self = names.contains("*") ? .all : .only(Set(names))
  }
}

extension CallerSettings {
  enum Keys {
    static let name = RequiredKey(
      "name",
      ValueType<String>.text("1 to 64 letters, digits, \"-\", \"_\" or \".\"") { text in
        (1...64).contains(text.count)
          && text.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
      }, "The service's name, for logs and metrics.")
    static let token = RequiredKey(
      "token", .callerToken,
      """
      The token that the service sends as Authorization: Bearer TOKEN; or "sha256:" and the token's \
      SHA-256 digest in hexadecimal, so that the token itself is not kept here at all.
      """)
    static let merchants = RequiredKey(
      "merchants",
      .list(
        of: ValueType<String>.text("the id of a merchant or \"*\"") { !$0.isEmpty },
        "a list of ids of merchants, or [\"*\"] for all", minimum: 1),
      "The merchants that it may act for; [\"*\"]: all.")
    static let operations = DefaultedKey(
      "operations",
      .list(
        of: ValueType<String>.text("the id of an operation or \"*\"") { !$0.isEmpty },
        "a list of ids of operations, or [\"*\"] for all", minimum: 1),
      default: ["*"],
      "The operations that it may use, by their operationId in the OpenAPI documents; [\"*\"]: all."
    )
  }

  static let section = SectionDefinition(
    "caller", isRepeated: true,
    """
    A service that may call, and what it may do. Without any [[caller]] everyone who can connect \
    may do everything, so the gateway then starts on loopback addresses and unix sockets only.
    """,
    keys: [
      Keys.name.definition, Keys.token.definition, Keys.merchants.definition,
      Keys.operations.definition,
    ])

  /// nil when something required is missing or wrong, which is reported.
  ///
  /// - Parameter merchantIDs: every id that a `[[merchant]]` has; nil when one of them could not be
  ///   read.
  init?(_ section: SectionReader, merchantIDs: [String]?) {
    let name = section.value(Keys.name)
    let token = section.value(Keys.token)
    let merchants = section.value(Keys.merchants)
    operations = NameSelection(section.value(Keys.operations))
    if let merchants, let merchantIDs {
      for (index, id) in merchants.enumerated() where id != "*" && !merchantIDs.contains(id) {
        let nearest = nearestName(to: id, among: merchantIDs).map { "did you mean \"\($0)\"?" }
        section.findings.mistake(
          section.keyPath("merchants[\(index)]"), at: section.place(of: "merchants"),
          "is \(quoted(id)), but no [[merchant]] has this id",
          remedy: nearest ?? "add a [[merchant]] or remove the id")
      }
    }
    guard let name, let token, let merchants else { return nil }
    self.name = name
    self.token = token
    self.merchants = NameSelection(merchants)
    line = section.place?.line ?? 0
  }
}
