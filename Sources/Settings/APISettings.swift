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
    documents = section.value(Keys.documents, else: Self.standardDocuments(section))
    var seen: Set<String> = []
    for path in documents where !seen.insert(path).inserted {
      section.findings.mistake(
        "api.documents", at: section.place(of: "documents"), "lists \(path) twice",
        remedy: "remove one of them")
    }
  }

  /// Read like a written one, so that it is found beside gateway.conf and missed when it is not
  /// there.
  private static func standardDocuments(_ section: SectionReader) -> [String] {
    let place = section.place ?? Place(line: 0, column: 0)
    let written = Keys.documents.standard.map { TOMLNode(value: .string($0), place: place) }
    return Keys.documents.type.read(
      TOMLNode(value: .array(written), place: place), "api.documents", section.findings) ?? []
  }
}
