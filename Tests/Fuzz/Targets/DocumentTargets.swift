// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import JSON
internal import OpenAPI
internal import Settings
internal import TestSupport

extension FuzzTarget {
  /// OpenAPI documents with their error table: JSON when they begin with a brace, else YAML.
  static let openAPI = FuzzTarget(
    "openapi", seeds: ["Examples/transactions.openapi.yaml"]
  ) { bytes in
    let isJSON = bytes.first == UInt8(ascii: "{")
    let path = try documents.get().write(bytes, to: isJSON ? "api.json" : "api.yaml")
    let catalog: Catalog
    do throws(DocumentMistakes) {
      catalog = try Catalog.load(documents: [path])
    } catch {
      try law(!error.mistakes.isEmpty, "a document that is refused has a mistake")
      for mistake in error.mistakes {
        try law(!mistake.message.isEmpty && !mistake.remedy.isEmpty, "a mistake has a remedy")
        try law(mistake.line.map { $0 >= 1 } ?? true, "lines count from 1")
      }
      return
    }
    let published = catalog.publishedDocument(serverURL: "http://localhost").serialized()
    _ = try JSONValue(parsing: published, maximumDepth: 512)
    try law(!catalog.publishedPage().isEmpty, "what loads can be shown")
    for operation in catalog.operations {
      _ = operation.validate(
        pathParameters: [:], rawQuery: "limit=1", body: ["a": [1, "text", .null]])
      _ = catalog.match(method: operation.method, path: operation.template)
    }
  }

  private static let documents = Result { try TemporaryFolder() }

  /// `gateway.conf`. Every variable of the environment holds a secret, which no mistake may show.
  static let configuration = FuzzTarget("configuration", seeds: ["gateway.conf"]) { bytes in
    let secret = "kanari5sVYh3QzT8wBxR2mLpD7cF9jKg"
    let reading = GatewaySettings.read(
      bytes, path: "/nonexistent/gateway.conf", environment: Environment { _ in secret })
    try law(
      reading.settings != nil || !reading.mistakes.isEmpty,
      "there are settings, or there is a mistake")
    for finding in reading.mistakes + reading.warnings {
      try law(!finding.message.isEmpty, "a mistake says what is wrong")
      try law(!finding.description.contains(secret), "no mistake shows a secret")
      try law(finding.line.map { $0 >= 1 } ?? true, "lines count from 1")
    }
  }
}
