// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import OpenAPI
import Testing

/// Documents for tests: the shipped ones, and ones written on the spot into a folder of their own.
enum Documents {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let busifavor = root + "/apis/busifavor.openapi.yaml"
  static let errors = root + "/apis/errors.yaml"

  /// The shipped catalog, loaded once.
  static let shipped = Result { try Catalog.load(documents: [busifavor]) }

  /// Writes files into a new folder, lends their paths in the order of `files`, and removes the
  /// folder.
  static func withFiles<Value>(
    _ files: KeyValuePairs<String, String>, _ body: ([String]) throws -> Value
  ) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "openapi-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var paths: [String] = []
    for (name, text) in files {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      paths.append(file.path)
    }
    return try body(paths)
  }

  /// A catalog of one document with these paths and components, indented as in a document.
  static func catalog(paths: String, components: String = "") throws -> Catalog {
    try withFiles(["api.yaml": document(paths: paths, components: components)]) {
      try Catalog.load(documents: $0)
    }
  }

  static func document(paths: String, components: String = "") -> String {
    """
    openapi: 3.1.0
    info: { title: Test, version: "1" }
    x-error-table: \(errors)
    paths:
    \(indented(paths))
    \(components.isEmpty ? "" : "components:\n\(indented(components))")
    """
  }

  /// What is wrong with documents; empty when they load.
  static func mistakes(_ files: KeyValuePairs<String, String>, load count: Int = 1) throws
    -> [DocumentMistake]
  {
    try withFiles(files) { paths in
      do throws(DocumentMistakes) {
        _ = try Catalog.load(documents: Array(paths.prefix(count)))
        return []
      } catch {
        return error.mistakes
      }
    }
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(
      separator: "\n")
  }
}

extension RouteMatch {
  /// A short form for tables: `getStock stock_id=1`, `405 GET`, `404`, or `400 /stock_id`.
  var summary: String {
    switch self {
    case .operation(let operation, let parameters):
      ([operation.id] + parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        .joined(separator: " ")
    case .methodNotAllowed(let methods): "405 " + methods.joined(separator: ",")
    case .notFound: "404"
    case .malformedPath(let violation): "400 \(violation.pointer)"
    }
  }
}
