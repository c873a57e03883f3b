// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import JSONSchema
import TestSupport
import Testing

/// The official suite, draft 2020-12: every required file, and of the optional ones those for what
/// this project promises.
@Suite("JSON Schema Test Suite, draft 2020-12") struct OfficialSuiteTests {
  static let root = "JSON-Schema-Test-Suite"
  static let folder = "\(root)/tests/draft2020-12"

  static let required = (try? Vectors.names(in: folder))?.filter { $0.hasSuffix(".json") } ?? []

  static let optional = [
    "anchor", "bignum", "dynamicRef", "ecmascript-regex", "float-overflow", "format-assertion",
    "id", "no-schema", "non-bmp-regex", "refOfUnknownKeyword", "unknownKeyword",
  ].map { "optional/\($0).json" }

  static let formats = [
    "date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri",
    "uri-reference", "uuid", "json-pointer", "regex", "ecmascript-regex", "unknown",
  ].map { "optional/format/\($0).json" }

  /// The suite's `remotes`, under the address that its schemas expect.
  static let registry: SchemaRegistry = {
    var registry = SchemaRegistry(options: SchemaOptions(assertsFormats: false))
    addRemotes(to: &registry)
    return registry
  }()

  static let assertingRegistry: SchemaRegistry = {
    var registry = SchemaRegistry()
    addRemotes(to: &registry)
    return registry
  }()

  static func addRemotes(to registry: inout SchemaRegistry) {
    let remotes = Vectors.folder.appending(path: "\(root)/remotes").path
    for path in FileManager.default.enumerator(atPath: remotes)?.compactMap({ $0 as? String }) ?? []
    where path.hasSuffix(".json") {
      guard let bytes = try? Vectors.bytes("\(root)/remotes/\(path)"),
        let document = try? JSONValue(parsing: bytes)
      else { continue }
      registry.add(document, uri: "http://localhost:1234/\(path)")
    }
  }

  static let failing = Set(
    ((try? Vectors.text("\(root)/failing.txt")) ?? "").split(separator: "\n")
      .map(String.init).filter { !$0.hasPrefix("#") })

  @Test("the suite is there, whole")
  func isComplete() {
    #expect(Self.required.count == 46)
  }

  @Test("each required case is judged as the suite says", arguments: required)
  func requiredCases(file: String) throws {
    try run(file, Self.registry)
  }

  @Test("each optional case is judged as the suite says", arguments: optional)
  func optionalCases(file: String) throws {
    try run(file, Self.registry)
  }

  @Test("each case of an asserted format is judged as the suite says", arguments: formats)
  func formatCases(file: String) throws {
    try run(file, Self.assertingRegistry)
  }

  func run(_ file: String, _ registry: SchemaRegistry) throws {
    let groups = try JSONValue(parsing: Vectors.bytes("\(Self.folder)/\(file)"), maximumDepth: 128)
    for group in try #require(groups.arrayValue) {
      var registry = registry
      let title = group["description"]?.stringValue ?? ""
      registry.add(try #require(group["schema"]), uri: "suite:/\(file)")
      let schema: Schema
      do {
        schema = try registry.compile(in: "suite:/\(file)")
      } catch {
        Issue.record("\(file): \(title): does not compile: \(error)")
        continue
      }
      for test in try #require(group["tests"]?.arrayValue) {
        let name = "\(file): \(title): \(test["description"]?.stringValue ?? "")"
        let violations = schema.violations(in: try #require(test["data"]))
        let isRight = violations.isEmpty == test["valid"]?.boolValue
        #expect(isRight != Self.failing.contains(name), "\(name): \(violations)")
      }
    }
  }
}
