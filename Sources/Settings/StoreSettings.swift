// SPDX-License-Identifier: Apache-2.0

/// `[store]`: where request numbers are kept.
package struct StoreSettings: Sendable, Hashable {
  package var url: StoreAddress
  /// Of a Redis server; nil when it asks for none.
  package var password: SecretReference?
  package var onStoreFailure: StoreFailureAction
}

/// What happens to a request whose number cannot be stored.
package enum StoreFailureAction: String, Sendable, Hashable, CaseIterable {
  /// It goes to WeChat Pay all the same; the failure is counted and logged.
  case forward
  /// 503 OVERLOADED.
  case reject
}

extension StoreSettings {
  enum Keys {
    static let url = DefaultedKey(
      "url", .storeAddress, default: .sqlite(path: "state/gateway.db"),
      """
      Where request numbers and answers are kept: "sqlite:PATH" survives a crash; "memory:" is \
      empty after every start; "redis://HOST:PORT/DB" is shared by several gateways.
      """, needsRestart: true)
    static let password = OptionalKey(
      "password", .secret(.text),
      "The password of the redis:// server's default user. Without it none is sent.",
      needsRestart: true)
    static let onStoreFailure = DefaultedKey(
      "on_store_failure", ValueType<StoreFailureAction>.choice, default: .forward,
      """
      When the store is full or broken: "forward" sends the request all the same, counts and logs \
      the failure; "reject" answers 503.
      """)
  }

  static let section = SectionDefinition(
    "store", "Where request numbers and their answers are kept.",
    keys: [Keys.url.definition, Keys.password.definition, Keys.onStoreFailure.definition])

  init(_ section: SectionReader) {
    url = section.value(
      Keys.url, else: .sqlite(path: FilePath.join(section.findings.folder, "state/gateway.db")))
    password = section.value(Keys.password)
    onStoreFailure = section.value(Keys.onStoreFailure)
    if password != nil, !url.isServer {
      section.findings.warning(
        section.keyPath("password"), at: section.place(of: "password") ?? section.place,
        "is not asked for by a store in a file or in memory",
        remedy: "leave it out, or name a server: url = \"redis://HOST:PORT/DB\"")
    }
  }
}
