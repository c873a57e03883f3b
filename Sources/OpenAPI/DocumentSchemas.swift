// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema

/// Compiles the schemas of the documents, each once.
///
/// Used while loading only, by one caller, after every document has been opened.
final class DocumentSchemas {
  private let loader: DocumentLoader
  private let registry: SchemaRegistry
  private var compiled: [String: SchemaCheck] = [:]

  init(loader: DocumentLoader) {
    self.loader = loader
    var registry = SchemaRegistry(
      options: SchemaOptions(assertsFormats: true, refusesUnknownKeywords: true))
    for document in loader.opened {
      registry.add(document.root, uri: document.baseURI, isSchema: document.root["openapi"] == nil)
    }
    self.registry = registry
  }

  /// The schema at a node. What is wrong with it is reported, and it allows everything then.
  func compile(_ node: DocumentNode) -> SchemaCheck {
    if let known = compiled[node.identity] { return known }
    let check = SchemaCheck(schema: compileNew(node))
    compiled[node.identity] = check
    return check
  }

  private func compileNew(_ node: DocumentNode) -> Schema? {
    do {
      return try registry.compile(node.pointer, in: node.document.baseURI)
    } catch {
      for mistake in error.mistakes {
        let document = loader.opened.first { $0.baseURI == mistake.document } ?? node.document
        loader.report(document, mistake.pointer, mistake.message, remedy: mistake.remedy)
      }
      return nil
    }
  }
}
