// SPDX-License-Identifier: Apache-2.0
package import JSON

/// Every operation of the OpenAPI documents, ready to be matched.
package struct Catalog: Sendable {
  /// In the order of the documents.
  package let operations: [Operation]
  /// The table of the first document that names one: for errors before an operation is known.
  package let errorTable: ErrorTable
  /// Every file that was read: the documents, those they refer to, and the error tables.
  package let files: [String]

  private let routes: RouteTable
  /// The merged document without `servers`.
  private let published: JSONValue

  /// Reads documents, the documents they refer to, and the error tables they name.
  ///
  /// - Parameter paths: files in YAML, or JSON when the name ends in `.json`.
  /// - Throws: every mistake of every document.
  package static func load(documents paths: [String]) throws(DocumentMistakes) -> Catalog {
    let loader = DocumentLoader()
    let documents = paths.compactMap { loader.open($0) }
    let tables = documents.map { ErrorTableReader(loader: loader).table(of: $0) }
    if paths.isEmpty {
      loader.add(
        DocumentMistake(
          document: "", pointer: "", message: "no OpenAPI document is named",
          remedy: "Name at least one."))
    }
    // A table with mistakes is reported; the rest is still checked, with the built-in one.
    let first = tables.lazy.compactMap(\.self).first ?? ErrorTableReader(loader: loader).builtIn()
    loader.openReferenced()
    let reader = OpenAPIReader(loader: loader, schemas: DocumentSchemas(loader: loader))
    var found: [(operation: Operation, node: DocumentNode)] = []
    for (document, table) in zip(documents, tables) {
      found += reader.operations(of: document, errorTable: table ?? first)
    }
    OperationConflicts(loader: loader).check(found)
    let mistakes = loader.mistakes
    guard mistakes.isEmpty else { throw DocumentMistakes(mistakes) }
    return Catalog(
      operations: found.map(\.operation), errorTable: first, files: loader.openedPaths,
      published: PublishedDocument.merge(documents, found, loader: loader))
  }

  private init(
    operations: [Operation], errorTable: ErrorTable, files: [String], published: JSONValue
  ) {
    self.operations = operations
    self.errorTable = errorTable
    self.files = files
    self.published = published
    var routes = RouteTable()
    for operation in operations { routes.add(operation) }
    self.routes = routes
  }

  /// Finds the operation for a request.
  ///
  /// - Parameter path: as it was sent, percent-encoded, without the query. Literal segments go
  ///   before templates.
  package func match(method: String, path: String) -> RouteMatch {
    routes.match(method: method, path: path)
  }

  /// The merged document as callers see it: this gateway as the server, its errors and headers, no
  /// `x-` members.
  ///
  /// - Parameter serverURL: the gateway's own address, such as `http://127.0.0.1:8080`.
  package func publishedDocument(serverURL: String) -> JSONValue {
    guard case .object(var document) = published else { return published }
    document["servers"] = [["url": .string(serverURL)]]
    return .object(document)
  }

  /// A page of HTML (UTF-8) that shows the published document and the errors, and loads nothing
  /// from anywhere.
  package func publishedPage() -> String {
    PublishedPage(document: published, errorTable: errorTable).html
  }
}
