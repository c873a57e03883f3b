// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// One `[[caller]]`: a service, how it is recognized, and what it may do.
package struct CallerSettings: Sendable, Hashable {
  /// Its name in logs, metrics and messages.
  package var name: String
  /// Any of them is the caller's; several while one replaces another.
  package var tokens: [CallerToken]
  /// A client certificate that one of them accepts is the caller's.
  package var certificates: [CertificateRule]
  /// User ids of processes that connect to the unix socket.
  package var users: [UserID]
  /// Ids of merchants.
  package var merchants: NameSelection
  /// Ids of operations, as the OpenAPI documents name them; whether they exist is not checked here.
  package var operations: NameSelection
  /// nil: only the merchants' limits hold.
  package var rateLimit: CallerRateLimit?
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
      }, "The service's name, for logs, metrics and messages.")
    static let token = OptionalKey(
      "token", .callerTokens,
      """
      The token that the service sends as Authorization: Bearer TOKEN; or "sha256:" and the token's \
      SHA-256 digest in hexadecimal, so that the token itself is not kept here at all. A list while \
      a new token replaces an old one: each of them is the service's.
      """)
    static let certificates = OptionalKey(
      "certificates",
      .list(
        of: .certificateRule,
        "a list of \"CN=NAME\", \"dns:NAME\", \"uri:URI\", \"email:ADDRESS\" or \"sha256:HEX\"",
        minimum: 1),
      """
      Client certificates of server.tls.client_ca that are the service's: by attributes of the \
      subject ("CN=coupon-service,O=Example": it has each of them), by an alternative name \
      ("dns:coupon.internal", "uri:spiffe://example/coupon", "email:ADDRESS"), or by the \
      certificate's SHA-256 digest. The first [[caller]] that accepts a certificate has it.
      """)
    static let users = OptionalKey(
      "users",
      .list(of: .user, "a list of names or numbers of users of this machine", minimum: 1),
      """
      Users of this machine, by name or number: a process of theirs that connects to the unix socket \
      is the service, and needs no token.
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
    static let rateLimit = OptionalKey(
      "rate_limit", CallerRateLimit.type,
      """
      How often the service may call, whatever the merchant and besides the merchants' own limits. \
      Enforced by the policy rate_limit. Absent: as often as the merchants allow.
      """)
  }

  static let section = SectionDefinition(
    "caller", isRepeated: true,
    """
    A service that may call, how it is recognized (by token, certificates or users; one of them is \
    needed), and what it may do. Without any [[caller]] everyone who can connect may do everything, \
    so the gateway then starts on loopback addresses and unix sockets only.
    """,
    keys: [
      Keys.name.definition, Keys.token.definition, Keys.certificates.definition,
      Keys.users.definition, Keys.merchants.definition, Keys.operations.definition,
      Keys.rateLimit.definition,
    ])

  /// nil when something required is missing or wrong, which is reported.
  ///
  /// - Parameter merchantIDs: every id that a `[[merchant]]` has; nil when one of them could not be
  ///   read.
  init?(_ section: SectionReader, merchantIDs: [String]?) {
    let name = section.value(Keys.name)
    tokens = section.value(Keys.token) ?? []
    certificates = section.value(Keys.certificates) ?? []
    users = section.value(Keys.users) ?? []
    let merchants = section.value(Keys.merchants)
    operations = NameSelection(section.value(Keys.operations))
    rateLimit = section.value(Keys.rateLimit)
    if !["token", "certificates", "users"].contains(where: { section.node($0) != nil }) {
      section.findings.mistake(
        section.keyPath("token"), at: section.place, "is missing",
        remedy:
          "write token = \"env:NAME\", certificates = [\"CN=NAME\"] or users = [\"NAME\"], by "
          + "which the caller is recognized")
    }
    if let merchants, let merchantIDs {
      for (index, id) in merchants.enumerated() where id != "*" && !merchantIDs.contains(id) {
        let nearest = nearestName(to: id, among: merchantIDs).map { "did you mean \"\($0)\"?" }
        section.findings.mistake(
          section.keyPath("merchants[\(index)]"), at: section.place(of: "merchants"),
          "is \(quoted(id)), but no [[merchant]] has this id",
          remedy: nearest ?? "add a [[merchant]] or remove the id")
      }
    }
    guard let name, let merchants, !tokens.isEmpty || !certificates.isEmpty || !users.isEmpty
    else { return nil }
    self.name = name
    self.merchants = NameSelection(merchants)
    line = section.place?.line ?? 0
  }
}
