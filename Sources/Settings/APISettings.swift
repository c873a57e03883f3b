// SPDX-License-Identifier: Apache-2.0

/// `[api]`: the operations.
package struct APISettings: Sendable, Hashable {
  /// Paths of OpenAPI documents, joined with the folder of gateway.conf; at least one, each once.
  package var documents: [String]
}

extension APISettings {
  enum Keys {
    static let documents = DefaultedKey(
      "documents",
      .list(
        of: ValueType<String>.file, "a list of paths of OpenAPI documents, relative to this file",
        minimum: 1),
      default: ["apis/busifavor.openapi.yaml"],
      "OpenAPI 3.1 documents (YAML or JSON) of the operations that callers may use.")
  }

  static let section = SectionDefinition(
    "api", "The operations that the gateway offers.", keys: [Keys.documents.definition])

  init(_ section: SectionReader) {
    let isWritten = section.node("documents") != nil
    if isWritten {
      documents = section.value(Keys.documents)
    } else {
      // Read like a written one, so that it is found beside gateway.conf and missed when it is not
      // there.
      let standard = TOMLNode(
        value: .array(
          Keys.documents.standard.map { path in
            TOMLNode(value: .string(path), place: section.place ?? Place(line: 0, column: 0))
          }), place: section.place ?? Place(line: 0, column: 0))
      documents = Keys.documents.type.read(standard, "api.documents", section.findings) ?? []
    }
    var seen: Set<String> = []
    for path in documents where !seen.insert(path).inserted {
      section.findings.mistake(
        "api.documents", at: section.place(of: "documents"), "lists \(path) twice",
        remedy: "remove one of them")
    }
  }
}
