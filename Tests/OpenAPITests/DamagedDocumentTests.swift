// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import OpenAPI
import Testing

@Suite("Damaged documents")
struct DamagedDocumentTests {
  @Test(
    "a damaged document loads or has mistakes that say where and what to do",
    arguments: ["yaml", "json"])
  func damaged(format: String) throws {
    let original = try Self.original(format)
    let seed = UInt64.random(in: .min ... .max)
    var generator = SplitMix(state: seed)
    var refused = 0
    for round in 0..<60 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        Self.damage(&bytes, using: &generator)
      }
      let mistakes = try Self.mistakes(bytes, format: format)
      refused += mistakes.isEmpty ? 0 : 1
      #expect(
        mistakes.allSatisfy { !$0.message.isEmpty && !$0.remedy.isEmpty && !$0.document.isEmpty },
        "seed \(seed), round \(round)")
    }
    #expect(refused > 10, "seed \(seed)")
  }

  static func original(_ format: String) throws -> [UInt8] {
    let yaml = Documents.document(
      paths: """
        /a/{b}:
          post:
            x-request-number: { in: body, pointer: /no }
            x-rate-limit: { limit: 5, per: 1s }
            parameters:
              - { name: b, in: path, required: true, schema: { $ref: "#/components/schemas/No" } }
            requestBody: { required: true, content: { application/json: { schema: { properties: { no: { type: string } } } } } }
            responses: { "200": { description: ok } }
        """, components: "schemas: { No: { type: string, pattern: '^[a-z]{1,9}$' } }")
    guard format == "json" else { return Array(yaml.utf8) }
    return try Documents.withFiles(["api.yaml": yaml]) {
      let published = try Catalog.load(documents: $0).publishedDocument(
        serverURL: "http://localhost")
      return PublishedDocumentTests.withErrorTable(published)
    }
  }

  static func mistakes(_ bytes: [UInt8], format: String) throws -> [DocumentMistake] {
    try Documents.withFiles(["api.\(format)": ""]) { paths in
      try Data(bytes).write(to: URL(fileURLWithPath: paths[0]))
      do throws(DocumentMistakes) {
        _ = try Catalog.load(documents: paths + [AddAnOperationTests.example])
        return []
      } catch {
        return error.mistakes
      }
    }
  }

  static func damage(_ bytes: inout [UInt8], using generator: inout SplitMix) {
    guard let place = bytes.indices.randomElement(using: &generator) else { return }
    switch Int.random(in: 0..<5, using: &generator) {
    case 0:
      bytes.removeSubrange(
        place..<min(bytes.count, place + Int.random(in: 1...40, using: &generator)))
    case 1: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
    case 2: bytes[place] = "{}[]:,-&*!|>'\"%@`#?~ \n\t".utf8.randomElement(using: &generator) ?? 0
    case 3: bytes.insert(contentsOf: "$ref: \"#\"".utf8, at: place)
    default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 60)], at: place)
    }
  }
}
