// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema
import TestSupport
import Testing

@Suite("Laws over damaged schemas") struct RandomSchemaTests {
  /// Every schema and every value of the official suite's required files.
  static let material: (schemas: [[UInt8]], values: [JSONValue]) = {
    var schemas: [[UInt8]] = []
    var values: [JSONValue] = []
    for name in OfficialSuiteTests.required {
      guard let bytes = try? Vectors.bytes("\(OfficialSuiteTests.folder)/\(name)"),
        let groups = try? JSONValue(parsing: bytes).arrayValue
      else { continue }
      for group in groups {
        if let schema = group["schema"] { schemas.append(schema.serialized()) }
        values += group["tests"]?.arrayValue?.compactMap { $0["data"] } ?? []
      }
    }
    return (schemas, values)
  }()

  static func damaged(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let place = Int.random(in: bytes.indices, using: &random)
      let other = Array("0123456789abcdefghijklmnopqrstuvwxyz$#/-+*(){}[]\\^.,:\"".utf8)
      bytes[place] = other.randomElement(using: &random) ?? 0
    }
    return bytes
  }

  @Test("any schema compiles or tells its mistakes, and then judges any value within the limit")
  func damagedSchemas() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix(seed: seed)
    #expect(Self.material.schemas.count > 300 && Self.material.values.count > 1000)
    var compiled = 0
    for _ in 0..<1500 {
      guard let text = Self.material.schemas.randomElement(using: &random),
        let document = try? JSONValue(parsing: Self.damaged(text, &random))
      else { continue }
      do {
        let schema = try Schema(compiling: document)
        compiled += 1
        for _ in 0..<5 {
          guard let value = Self.material.values.randomElement(using: &random) else { continue }
          let limit = Int.random(in: 1...4, using: &random)
          let found = schema.violations(in: value, limit: limit)
          #expect(found.count <= limit, "seed \(seed)")
          #expect(found.isEmpty == schema.accepts(value), "seed \(seed)")
          #expect(found == schema.violations(in: value, limit: limit), "seed \(seed)")
        }
      } catch {
        #expect(!error.mistakes.isEmpty, "seed \(seed)")
        for mistake in error.mistakes where mistake.document == "schema.json" {
          // The place is there, or is the absent target of a reference's parent.
          #expect(mistake.pointer.evaluate(on: document) != nil, "seed \(seed): \(mistake)")
        }
      }
    }
    #expect(compiled > 100, "seed \(seed)")
  }
}
