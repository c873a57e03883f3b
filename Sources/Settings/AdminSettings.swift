// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// `[admin]`: the listener for operators.
package struct AdminSettings: Sendable, Equatable {
  package var listen: ListenAddress
}

extension AdminSettings {
  enum Keys {
    static let listen = DefaultedKey(
      "listen", .listenAddress, default: .ipv4([127, 0, 0, 1], port: 9090),
      "Where health, metrics and status are read. It asks for no token: keep it off public networks.",
      needsRestart: true)
  }

  static let section = SectionDefinition(
    "admin", "The listener for operators: /healthz, /readyz, /metrics, /status.json.",
    keys: [Keys.listen.definition])

  init(_ section: SectionReader) {
    listen = section.value(Keys.listen)
  }
}
