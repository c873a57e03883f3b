// SPDX-License-Identifier: Apache-2.0
import JSON

/// Reads whole OpenAPI documents into operations. Everything it does not like is reported to the
/// loader.
struct OpenAPIReader {
  let loader: DocumentLoader
  let schemas: DocumentSchemas

  /// Reads the operations of one document.
  ///
  /// - Parameter tables: for the document's own table or, when it names none, that of the whole
  ///   catalog.
  func operations(of document: SourceDocument, errorTable: ErrorTable) -> [(
    operation: Operation, node: DocumentNode
  )] {
    let root = DocumentNode(document)
    checkRoot(root)
    checkComponents(root)
    guard let paths = root["paths"] else {
      if root["components"] == nil, root["webhooks"] == nil {
        loader.report(root, "has no paths", remedy: "Describe operations under paths.")
      }
      return []
    }
    var operations: [(Operation, DocumentNode)] = []
    for (name, node) in paths.members where !name.hasPrefix("x-") {
      operations += readPath(name, node, errorTable: errorTable)
    }
    return operations
  }

  private func checkRoot(_ root: DocumentNode) {
    guard root.value.objectValue != nil else {
      loader.report(
        root, "is not an OpenAPI document",
        remedy: "Write a mapping that begins with openapi: 3.1.0.")
      return
    }
    KnownMembers.root.check(root, loader)
    if let version = root["openapi"] {
      let text = version.value.stringValue ?? ""
      if text != "3.1" && !text.hasPrefix("3.1.") {
        loader.report(
          version, "is not a version 3.1 of OpenAPI",
          remedy: "Write openapi: 3.1.0, and JSON Schema 2020-12 in it.")
      }
    } else {
      loader.report(root, "has no version of OpenAPI", remedy: "Begin it with openapi: 3.1.0.")
    }
    if let info = root["info"] {
      KnownMembers.info.check(info, loader)
      for name in ["title", "version"] where info[name]?.value.stringValue == nil {
        loader.report(info, "has no \(name)", remedy: "Add \(name) as a string.")
      }
    } else {
      loader.report(root, "has no info", remedy: "Add info with title and version.")
    }
  }

  /// Schemas that no operation uses (yet) are to be right too.
  private func checkComponents(_ root: DocumentNode) {
    guard let components = root["components"] else { return }
    KnownMembers.components.check(components, loader)
    for (_, node) in components["schemas"]?.members ?? [] {
      _ = schemas.compile(node)
    }
  }

  private func readPath(
    _ name: String, _ node: DocumentNode, errorTable: ErrorTable
  ) -> [(Operation, DocumentNode)] {
    let path: PathTemplate
    do {
      path = try PathTemplate(name)
    } catch {
      loader.report(node, error.message, remedy: error.remedy)
      return []
    }
    guard let item = loader.resolve(node) else { return [] }
    KnownMembers.pathItem.check(item, loader)
    for method in ["head", "options", "trace"] {
      if let unused = item[method] {
        loader.report(
          unused, "is a method that the gateway does not forward",
          remedy: "Remove it; WeChat Pay has none.")
      }
    }
    var operations: [(Operation, DocumentNode)] = []
    for method in ["get", "put", "post", "delete", "patch"] {
      guard let node = item[method] else { continue }
      let reader = OperationReader(
        loader: loader, schemas: schemas, method: method.uppercased(), path: path)
      if let operation = reader.read(node, shared: item["parameters"], errorTable: errorTable) {
        operations.append((operation, node))
      }
    }
    return operations
  }
}
