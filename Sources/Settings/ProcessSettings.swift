// SPDX-License-Identifier: Apache-2.0

/// `[process]`: what the operating system may do with the gateway's memory.
package struct ProcessSettings: Sendable, Hashable {
  /// Whether a crash may leave a core dump, and a debugger of the same user may attach.
  package var coreDumps: Bool
}

extension ProcessSettings {
  enum Keys {
    static let coreDumps = DefaultedKey(
      "core_dumps", .boolean, default: false,
      """
      Whether a crash may leave a core dump and the gateway's user may attach a debugger. Either shows \
      requests and tokens, so switch it on only to look for a defect.
      """, needsRestart: true)
  }

  static let section = SectionDefinition(
    "process", "What the operating system may do with the gateway's memory.",
    keys: [Keys.coreDumps.definition])

  init(_ section: SectionReader) { coreDumps = section.value(Keys.coreDumps) }
}
