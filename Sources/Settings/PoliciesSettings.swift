// SPDX-License-Identifier: Apache-2.0

/// `[policies]` and its tables.
package struct PoliciesSettings: Sendable, Hashable {
  /// The policies that a request passes, in this order; each at most once.
  package var chain: [PolicyName]
  package var authenticate: AuthenticateSettings
  package var validate: ValidateSettings
  package var rateLimit: RateLimitSettings
  package var deduplicate: DeduplicateSettings
}

extension PoliciesSettings {
  package func mode(of policy: PolicyName) -> PolicyMode {
    switch policy {
    case .authenticate: authenticate.mode
    case .validate: validate.mode
    case .rateLimit: rateLimit.mode
    case .deduplicate: deduplicate.mode
    }
  }
}

/// `[policies.authenticate]`.
package struct AuthenticateSettings: Sendable, Hashable {
  package var mode: PolicyMode

  static let section = SectionDefinition(
    "policies.authenticate",
    "Which service calls, and what it may do: see [[caller]].", keys: [PolicyMode.key.definition])
}

/// `[policies.validate]`.
package struct ValidateSettings: Sendable, Hashable {
  package var mode: PolicyMode

  static let section = SectionDefinition(
    "policies.validate",
    "Path, query and body against the operation's OpenAPI document: see [api].",
    keys: [PolicyMode.key.definition])
}

extension PoliciesSettings {
  enum Keys {
    static let chain = DefaultedKey(
      "chain",
      .list(
        of: ValueType<PolicyName>.choice,
        "a list of policies: \"authenticate\", \"validate\", \"rate_limit\", \"deduplicate\"",
        minimum: 0),
      default: PolicyName.allCases,
      """
      The policies that every request passes before it is signed, in this order. A policy that is \
      not listed is off.
      """)
  }

  static let section = SectionDefinition(
    "policies", "What a request must pass before it is signed.", keys: [Keys.chain.definition])

  init(_ node: TOMLNode?, findings: Findings) {
    let policies = SectionReader(
      node, at: "policies", Self.section, subtables: PolicyName.allCases.map(\.rawValue),
      findings: findings)
    chain = policies.value(Keys.chain)
    var seen: Set<PolicyName> = []
    for name in chain where !seen.insert(name).inserted {
      findings.mistake(
        "policies.chain", at: policies.place(of: "chain"), "lists \"\(name.rawValue)\" twice",
        remedy: "remove one of them")
    }

    func subtable(_ name: PolicyName, _ section: SectionDefinition) -> SectionReader {
      SectionReader(
        policies.node(name.rawValue), at: section.path, section, findings: findings)
    }
    authenticate = AuthenticateSettings(
      mode: subtable(.authenticate, AuthenticateSettings.section).value(PolicyMode.key))
    validate = ValidateSettings(
      mode: subtable(.validate, ValidateSettings.section).value(PolicyMode.key))
    rateLimit = RateLimitSettings(subtable(.rateLimit, RateLimitSettings.section))
    deduplicate = DeduplicateSettings(subtable(.deduplicate, DeduplicateSettings.section))
  }
}
