// SPDX-License-Identifier: Apache-2.0
import JSON
import YAML

/// YAML 1.2 as JSON, with the line of every value.
///
/// Only what every YAML reader takes for the same is taken: an unquoted scalar is `null`, `true`,
/// `false`, a number as JSON writes it (its text is kept) or a string. What other readers take for
/// a Boolean, a null or a number (`True`, `0x10`, `007`, `.5`) is a mistake; `yes`, `on` and
/// `12:30` are strings, as YAML 1.2 says.
struct YAMLReader {
  struct Mistake: Error, Equatable {
    var line: Int?
    var pointer: String
    var message: String
    var remedy: String
  }

  /// By JSON Pointer, from 1.
  private(set) var lines: [String: Int] = [:]
  private(set) var mistakes: [Mistake] = []
  private var count = 0

  /// Aliases let a few lines stand for very many values; no document of use comes near this.
  private static let maximumCount = 50_000
  private static let maximumDepth = 100

  /// Reads one document. `nil` when there are mistakes, which are in `mistakes` then.
  mutating func read(_ text: String) -> JSONValue? {
    do {
      guard let root = try YAMLNode.document(text) else {
        mistakes.append(
          Mistake(pointer: "", message: "is empty", remedy: "Write an OpenAPI document."))
        return nil
      }
      let value = convert(root, at: .root, line: root.line, depth: 0)
      guard mistakes.isEmpty else { return nil }
      return value
    } catch {
      mistakes.append(Mistake(error))
      return nil
    }
  }

  private mutating func convert(_ node: YAMLNode, at pointer: JSONPointer, line: Int, depth: Int)
    -> JSONValue
  {
    count += 1
    guard count <= Self.maximumCount, depth <= Self.maximumDepth else {
      if mistakes.last?.message != Self.tooMuch {
        mistakes.append(
          Mistake(
            line: line, pointer: "", message: Self.tooMuch,
            remedy: "Split the document, or use fewer aliases."))
      }
      return .null
    }
    lines[pointer.description] = line
    switch node.content {
    case .scalar(let text, let isPlain):
      return convert(text, isPlain: isPlain, of: node, at: pointer)
    case .sequence(let sequence):
      refuseTag(of: node, at: pointer, line: line)
      var items: [JSONValue] = []
      for (index, item) in sequence.enumerated() {
        items.append(
          convert(item, at: pointer.appending(index), line: item.line, depth: depth + 1))
      }
      return .array(items)
    case .mapping(let mapping):
      refuseTag(of: node, at: pointer, line: line)
      var members: [JSONObject.Member] = []
      for (key, value) in mapping {
        guard case .scalar(let name, let isPlain) = key.content, name != "<<" || !isPlain else {
          mistakes.append(
            Mistake(
              line: key.line, pointer: pointer.description,
              message: "has a key that is not a string",
              remedy: "Write a name; merge keys (<<) are not part of YAML 1.2, use $ref."))
          continue
        }
        let converted = convert(
          value, at: pointer.appending(name), line: key.line, depth: depth + 1)
        members.append(JSONObject.Member(name: name, value: converted))
      }
      return .object(JSONObject(members))
    }
  }

  private mutating func convert(
    _ text: String, isPlain: Bool, of node: YAMLNode, at pointer: JSONPointer
  ) -> JSONValue {
    if node.tag == Tag.string || node.tag == Tag.nonSpecific { return .string(text) }
    refuseTag(of: node, at: pointer, line: node.line)
    guard isPlain else { return .string(text) }
    switch text {
    case "", "~", "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: break
    }
    if let number = JSONNumber(text: text) { return .number(number) }
    if PlainScalar.isAmbiguous(text) {
      mistakes.append(
        Mistake(
          line: node.line, pointer: pointer.description,
          message: "is written as \(text), which YAML readers understand differently",
          remedy:
            "Put it in quotes if it is text; write true, false, null or a decimal number as JSON does otherwise."
        ))
    }
    return .string(text)
  }

  /// https://yaml.org/spec/1.2.2/#chapter-10-recommended-schemas
  private enum Tag {
    static let string = "tag:yaml.org,2002:str"
    static let nonSpecific = "!"
    static let harmless = [string, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"]
  }

  private mutating func refuseTag(of node: YAMLNode, at pointer: JSONPointer, line: Int) {
    guard let tag = node.tag, !Tag.harmless.contains(tag) else { return }
    mistakes.append(
      Mistake(
        line: line, pointer: pointer.description, message: "has the YAML tag \(tag)",
        remedy: "Remove the tag: a document holds what JSON can hold."))
  }

  private static let tooMuch =
    "holds more than \(maximumCount) values, or nests deeper than \(maximumDepth)"
}

extension YAMLReader.Mistake {
  fileprivate init(_ error: YAMLError) {
    switch error.kind {
    case .syntax:
      self.init(
        line: error.line, pointer: "", message: "is not YAML: \(error.problem)",
        remedy: "Correct the YAML; an editor with YAML support shows the place.")
    case .duplicateNames(let names):
      let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
      self.init(
        line: error.line, pointer: "", message: "has a name twice in one mapping: \(list)",
        remedy: "Remove or rename one of them.")
    }
  }
}

/// Unquoted text that is a string in YAML 1.2's JSON schema, and something else for other readers.
enum PlainScalar {
  static func isAmbiguous(_ text: String) -> Bool {
    switch text {
    case "True", "TRUE", "False", "FALSE", "Null", "NULL": true
    case ".nan", ".NaN", ".NAN": true
    default: isNumberLike(Array(text.utf8))
    }
  }

  /// `+1`, `007`, `1_000`, `.5`, `1.`, `0x1F`, `0o17`, `0b1`, `-.inf`: YAML 1.2's core schema or
  /// YAML 1.1.
  private static func isNumberLike(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
      rest = rest.dropFirst()
    }
    let unsigned = String(decoding: rest, as: UTF8.self)
    if [".inf", ".Inf", ".INF"].contains(unsigned) { return true }
    if rest.count > 2, rest.first == UInt8(ascii: "0") {
      let digits = rest.dropFirst(2)
      switch rest[rest.startIndex + 1] {
      case UInt8(ascii: "x"):
        return digits.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: "_") }
      case UInt8(ascii: "o"), UInt8(ascii: "b"):
        return digits.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "_") }
      default: break
      }
    }
    return isDecimal(rest)
  }

  /// `[0-9_]* ( \. [0-9_]* )? ( [eE] [-+]? [0-9]+ )?` with a digit before the exponent.
  private static func isDecimal(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    var digits = 0
    func skipDigits() {
      while let byte = rest.first, isDigit(byte) || (byte == UInt8(ascii: "_") && digits > 0) {
        digits += 1
        rest = rest.dropFirst()
      }
    }
    skipDigits()
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      skipDigits()
    }
    guard digits > 0 else { return false }
    guard let byte = rest.first else { return true }
    guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return false }
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
      rest = rest.dropFirst()
    }
    return !rest.isEmpty && rest.allSatisfy(isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66)
  }
}
