// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import JSONSchema

/// Measures what one request costs before it is signed: reading the body, validating it, and its
/// canonical form. Prints microseconds of CPU for each, the least of several rounds.
///
/// Arguments: the folder with `upload.schema.json`, `upload-2.json` and `upload-200.json`. With a
/// body's name, `parse`, `validate` or `canonical` and a count, only that is done, so often, for
/// tools that count instructions.
@main struct JSONBenchmark {
  static func main() throws {
    let folder = URL(
      filePath: CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "Benchmarks/json")
    let schema = try Schema(compiling: JSONValue(parsing: bytes(folder, "upload.schema.json")))
    if CommandLine.arguments.count == 5 {
      return try profile(
        bytes(folder, CommandLine.arguments[2]), schema, CommandLine.arguments[3],
        Int(CommandLine.arguments[4]) ?? 1)
    }
    print("body         bytes    parse validate canonical    total   (µs of CPU)")
    for name in ["upload-2.json", "upload-200.json"] {
      let body = try bytes(folder, name)
      let value = try JSONValue(parsing: body)
      precondition(schema.violations(in: value).isEmpty)
      let rounds = name == "upload-2.json" ? 20_000 : 1_000
      let parse = try best(rounds) { try consume(JSONValue(parsing: body)) }
      let validate = best(rounds) { consume(schema.violations(in: value)) }
      let canonical = best(rounds) { consume(value.canonicalBytes()) }
      let total = try best(rounds) {
        let value = try JSONValue(parsing: body)
        consume(schema.violations(in: value))
        consume(value.canonicalBytes())
      }
      let figures = [parse, validate, canonical, total]
        .map { String(format: "%9.2f", $0) }.joined()
      print(name.padding(toLength: 16, withPad: " ", startingAt: 0), body.count, figures)
    }
  }

  static func profile(_ body: [UInt8], _ schema: Schema, _ work: String, _ count: Int) throws {
    let value = try JSONValue(parsing: body)
    for _ in 0..<count {
      switch work {
      case "parse": try consume(JSONValue(parsing: body))
      case "validate": consume(schema.violations(in: value))
      default: consume(value.canonicalBytes())
      }
    }
  }

  static func bytes(_ folder: URL, _ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appending(path: name)))
  }

  /// Microseconds of this process's CPU for one call.
  static func best(_ rounds: Int, _ work: () throws -> Void) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<7 {
      let start = clock()
      for _ in 0..<rounds { try work() }
      least = min(least, Double(clock() - start) / Double(rounds))
    }
    return least
  }

  /// Keeps the optimizer from dropping a result.
  @inline(never)
  static func consume<Value>(_ value: Value) {}
}
