// SPDX-License-Identifier: Apache-2.0
package import JSON

/// One thing that is wrong with a schema, for the one who wrote it.
package struct SchemaMistake: Sendable, Equatable, CustomStringConvertible {
  /// The URI under which the document was added.
  package let document: String
  /// The place in that document.
  package let pointer: JSONPointer
  /// What is wrong there.
  package let message: String
  /// What to do about it.
  package let remedy: String

  package var description: String { "\(document)#\(pointer): \(message); \(remedy)" }
}

/// Everything that is wrong with a schema and with what it refers to; never empty.
package struct SchemaMistakes: Error, Sendable, CustomStringConvertible {
  package let mistakes: [SchemaMistake]

  package var description: String { mistakes.map(\.description).joined(separator: "\n") }
}
