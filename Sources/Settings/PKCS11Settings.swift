// SPDX-License-Identifier: Apache-2.0

/// `[pkcs11]`: the library that leads to tokens which hold keys.
package struct PKCS11Settings: Sendable, Hashable {
  /// nil: no key is in a token.
  package var module: String?
  /// Signatures that are made at the same time.
  package var sessions: Int
  /// For one signature, waiting for a session included.
  package var timeout: Duration
}

extension PKCS11Settings {
  enum Keys {
    static let module = OptionalKey(
      "module",
      ValueType<String>.string(
        "the path of a shared library",
        parse: { text, keyPath, place, findings in
          guard !text.isEmpty, !text.utf8.contains(0) else {
            findings.mistake(
              keyPath, at: place, "is empty",
              remedy: "write the path that the maker of the token gives")
            return nil
          }
          return FilePath.join(findings.folder, text)
        }, write: tomlString),
      """
      The PKCS #11 library of the token's maker, e.g. /usr/lib/softhsm/libsofthsm2.so. Required where a \
      private_key begins with "pkcs11:".
      """)
    static let sessions = DefaultedKey(
      "sessions", .integer(1...64), default: 4,
      "How many signatures the token makes at the same time; others wait.")
    static let timeout = DefaultedKey(
      "timeout", .duration(.milliseconds(100)...(.seconds(60))), default: .seconds(5),
      """
      How long a signature may take, waiting included. After that the request is refused; nothing was \
      sent.
      """)
  }

  static let section = SectionDefinition(
    "pkcs11", "Tokens (hardware security modules) that hold private keys.",
    keys: [Keys.module.definition, Keys.sessions.definition, Keys.timeout.definition])

  init(_ section: SectionReader) {
    module = section.value(Keys.module)
    sessions = section.value(Keys.sessions)
    timeout = section.value(Keys.timeout)
  }
}
