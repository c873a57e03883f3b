// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite("JSONTestSuite, test_parsing") struct JSONTestSuiteTests {
  static let folder = "JSONTestSuite/test_parsing"
  static let names = (try? Vectors.names(in: folder)) ?? []

  /// A member name twice is JSON by the grammar, but two readers may understand it differently.
  static let duplicates = [
    "y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json",
  ]

  @Test("the suite is there, whole")
  func isComplete() {
    #expect(Self.names.filter { $0.hasPrefix("y_") }.count == 95)
    #expect(Self.names.filter { $0.hasPrefix("n_") }.count == 188)
    #expect(Self.names.filter { $0.hasPrefix("i_") }.count == 35)
  }

  @Test("every y_ file is accepted, and its serialized form is the same value", arguments: names)
  func accepted(name: String) throws {
    guard name.hasPrefix("y_"), !Self.duplicates.contains(name) else { return }
    let value = try JSONValue(parsing: Vectors.bytes("\(Self.folder)/\(name)"))
    #expect(try JSONValue(parsing: value.serialized()) == value)
    let canonical = value.canonicalBytes()
    #expect(try JSONValue(parsing: canonical).canonicalBytes() == canonical)
  }

  @Test("every n_ file is refused, and so are duplicate member names", arguments: names)
  func refused(name: String) throws {
    guard name.hasPrefix("n_") || Self.duplicates.contains(name) else { return }
    let bytes = try Vectors.bytes("\(Self.folder)/\(name)")
    let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes) }
    #expect(error?.offset ?? -1 <= bytes.count)
    if Self.duplicates.contains(name) { #expect(error?.reason == .duplicateName) }
  }

  @Test("no i_ file crashes, and what is accepted survives a round trip", arguments: names)
  func implementationDefined(name: String) throws {
    guard name.hasPrefix("i_") else { return }
    let bytes = try Vectors.bytes("\(Self.folder)/\(name)")
    guard let value = try? JSONValue(parsing: bytes, maximumDepth: 512) else { return }
    #expect(try JSONValue(parsing: value.serialized(), maximumDepth: 512) == value)
  }
}
