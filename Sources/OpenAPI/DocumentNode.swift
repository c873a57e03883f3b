// SPDX-License-Identifier: Apache-2.0
import JSON

/// A value in a document that knows where it stands, for messages and references.
struct DocumentNode {
  let document: SourceDocument
  let pointer: JSONPointer
  let value: JSONValue

  init(_ document: SourceDocument, pointer: JSONPointer = .root, value: JSONValue) {
    self.document = document
    self.pointer = pointer
    self.value = value
  }

  init(_ document: SourceDocument) {
    self.init(document, value: document.root)
  }

  subscript(name: String) -> DocumentNode? {
    value[name].map { DocumentNode(document, pointer: pointer.appending(name), value: $0) }
  }

  /// Members of an object in order; empty for anything else.
  var members: [(name: String, node: DocumentNode)] {
    (value.objectValue?.members ?? []).map {
      ($0.name, DocumentNode(document, pointer: pointer.appending($0.name), value: $0.value))
    }
  }

  /// Items of an array; empty for anything else.
  var items: [DocumentNode] {
    (value.arrayValue ?? []).enumerated().map {
      DocumentNode(document, pointer: pointer.appending($0.offset), value: $0.element)
    }
  }

  /// What a node is recognized by, across documents.
  var identity: String {
    document.absolutePath + "#" + pointer.description
  }
}
