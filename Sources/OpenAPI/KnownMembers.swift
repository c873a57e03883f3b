// SPDX-License-Identifier: Apache-2.0
import JSON

/// The members that an object of OpenAPI 3.1 may have, so that a misspelled one is not overlooked.
/// Source: https://spec.openapis.org/oas/v3.1.1.html, section 4.8.
struct KnownMembers {
  let noun: String
  let names: Set<String>

  init(_ noun: String, _ names: Set<String>) {
    self.noun = noun
    self.names = names
  }

  /// Reports a value that is not an object, and members that are neither known nor extensions
  /// (`x-…`).
  func check(_ node: DocumentNode, _ loader: DocumentLoader) {
    guard node.value.objectValue != nil else {
      loader.report(node, "is not \(noun)", remedy: "Write a mapping.")
      return
    }
    for (name, member) in node.members where !name.hasPrefix("x-") && !names.contains(name) {
      loader.report(
        member, "is not a member of \(noun)",
        remedy: "Correct or remove it; there may be \(names.sorted().joined(separator: ", ")).")
    }
    for (name, member) in node.members where name.hasPrefix("x-") && Self.isMisspelled(name) {
      loader.report(
        member, "looks like a misspelled extension of this gateway",
        remedy: "The gateway knows \(Self.extensions.joined(separator: ", ")).")
    }
  }

  private static let extensions = ["x-error-table", "x-rate-limit", "x-request-number"]

  private static func isMisspelled(_ name: String) -> Bool {
    !extensions.contains(name)
      && extensions.contains { known in
        let letters = { (text: String) in text.lowercased().filter { $0.isLetter } }
        return letters(known) == letters(name) || EditDistance.isAtMostTwo(known, name)
      }
  }

  static let root = KnownMembers(
    "an OpenAPI document",
    [
      "openapi", "info", "jsonSchemaDialect", "servers", "paths", "webhooks", "components",
      "security", "tags",
      "externalDocs",
    ])
  static let info = KnownMembers(
    "an info object",
    ["title", "summary", "description", "termsOfService", "contact", "license", "version"])
  static let components = KnownMembers(
    "a components object",
    [
      "schemas", "responses", "parameters", "examples", "requestBodies", "headers",
      "securitySchemes", "links",
      "callbacks", "pathItems",
    ])
  static let pathItem = KnownMembers(
    "a path item",
    [
      "$ref", "summary", "description", "get", "put", "post", "delete", "options", "head", "patch",
      "trace", "servers",
      "parameters",
    ])
  static let operation = KnownMembers(
    "an operation",
    [
      "tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody",
      "responses",
      "callbacks", "deprecated", "security", "servers",
    ])
  static let parameter = KnownMembers(
    "a parameter",
    [
      "name", "in", "description", "required", "deprecated", "allowEmptyValue", "style", "explode",
      "allowReserved",
      "schema", "example", "examples", "content",
    ])
  static let requestBody = KnownMembers("a request body", ["description", "content", "required"])
  static let mediaType = KnownMembers(
    "a media type", ["schema", "example", "examples", "encoding"])
  static let response = KnownMembers("a response", ["description", "headers", "content", "links"])
  static let rateLimit = KnownMembers("a rate limit", ["limit", "per"])
  static let rate = KnownMembers("a rate limit", ["rate", "per", "burst"])
}

/// Whether two names differ by a slip of the keyboard.
enum EditDistance {
  static func isAtMostTwo(_ a: String, _ b: String) -> Bool {
    let a = Array(a.utf8)
    let b = Array(b.utf8)
    guard abs(a.count - b.count) <= 2 else { return false }
    var row = Array(0...b.count)
    for (i, byte) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in b.enumerated() {
        let cost = min(row[j + 1] + 1, row[j] + 1, diagonal + (byte == other ? 0 : 1))
        diagonal = row[j + 1]
        row[j + 1] = cost
      }
    }
    return row[b.count] <= 2
  }
}
