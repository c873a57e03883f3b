// SPDX-License-Identifier: Apache-2.0
package import JSON

/// Every operation of the OpenAPI documents, ready to be matched.
package struct Catalog: Sendable {
  /// In the order of the documents.
  package let operations: [Operation]
  /// The table of the first document that names one: for errors before an operation is known.
  package let errorTable: ErrorTable

  /// Reads documents, the documents they refer to, and the error tables they name.
  ///
  /// - Parameter paths: files in YAML, or JSON when the name ends in `.json`.
  /// - Throws: every mistake of every document.
  package static func load(documents paths: [String]) throws(DocumentMistakes) -> Catalog {
    throw DocumentMistakes([])
  }

  /// Finds the operation for a request.
  ///
  /// - Parameter path: as it was sent, percent-encoded, without the query. Literal segments go before templates.
  package func match(method: String, path: String) -> RouteMatch {
    .notFound
  }

  /// The merged document as callers see it: this gateway as the server, its errors and headers, no `x-` members.
  package func publishedDocument(serverURL: String) -> JSONValue {
    .null
  }

  /// A page of HTML that shows the published document and loads nothing from elsewhere.
  package func publishedPage() -> String {
    ""
  }
}
