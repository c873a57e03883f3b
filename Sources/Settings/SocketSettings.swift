// SPDX-License-Identifier: Apache-2.0

/// `server.socket`: who may open the unix socket of `server.listen`.
package struct SocketSettings: Sendable, Hashable {
  /// The permission bits of the socket's file, e.g. 0o660.
  package var mode: UInt32
  /// nil: the gateway's own.
  package var owner: UserID?
  package var group: GroupID?

  /// The gateway's user and group may connect.
  package static let standard = SocketSettings(mode: 0o660)
}

extension SocketSettings {
  enum Keys {
    static let mode = DefaultedKey(
      "mode", .permissions, default: 0o660,
      "The permissions of the socket's file, in octal. Whoever may write to it may connect.",
      needsRestart: true)
    static let owner = OptionalKey(
      "owner", .user,
      "Whose the file is. Absent: the gateway's user's. Only root can give it away.",
      needsRestart: true)
    static let group = OptionalKey(
      "group", .group,
      """
      The file's group. Absent: the gateway's. Without being root, the gateway must be a member of \
      it.
      """, needsRestart: true)
  }

  private static let section = SectionDefinition(
    "server.socket", "The file of a unix socket.",
    keys: [Keys.mode.definition, Keys.owner.definition, Keys.group.definition])

  static let type = ValueType<SocketSettings>(
    "a table with mode, owner or group", table: section,
    read: { node, keyPath, findings in
      let reader = SectionReader(node, at: keyPath, section, findings: findings)
      return SocketSettings(
        mode: reader.value(Keys.mode), owner: reader.value(Keys.owner),
        group: reader.value(Keys.group))
    }, write: { _ in "" })
}

extension ValueType where Value == UInt32 {
  /// Permission bits in octal, as chmod(1) takes them.
  fileprivate static let permissions = ValueType.string(
    "permissions in octal such as \"0660\"",
    parse: { text, keyPath, place, findings in
      if (3...4).contains(text.utf8.count), let mode = UInt32(text, radix: 8), mode <= 0o777 {
        return mode
      }
      findings.mistake(
        keyPath, at: place, "is \(quoted(text)), which is not a file's permissions",
        remedy: "write \"0660\" for owner and group, or \"0666\" for everyone")
      return nil
    }, write: { mode in tomlString("0" + String(mode, radix: 8)) })
}
