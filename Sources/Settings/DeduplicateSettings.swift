// SPDX-License-Identifier: Apache-2.0

/// `[policies.deduplicate]`.
package struct DeduplicateSettings: Sendable, Hashable {
  package var mode: PolicyMode
  /// How long a request number is remembered.
  package var ttl: Duration
}

extension DeduplicateSettings {
  enum Keys {
    static let ttl = DefaultedKey(
      "ttl", .duration(.seconds(1)...(.seconds(366 * 86_400))), default: .seconds(168 * 3600),
      """
      How long a request number and its answer are remembered. Choose it longer than any caller \
      keeps sending the same request again.
      """)
  }

  static let section = SectionDefinition(
    "policies.deduplicate",
    """
    A request number that was answered is answered again from the store, without calling WeChat \
    Pay; with other content it is refused.
    """, keys: [PolicyMode.key.definition, Keys.ttl.definition])

  init(_ section: SectionReader) {
    mode = section.value(PolicyMode.key)
    ttl = section.value(Keys.ttl)
  }
}
