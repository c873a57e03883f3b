// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `type`: which of the seven types of JSON Schema a value may have.
struct TypeSet: Sendable, OptionSet {
  let rawValue: UInt8

  static let null = TypeSet(rawValue: 1)
  static let boolean = TypeSet(rawValue: 2)
  static let integer = TypeSet(rawValue: 4)
  /// Numbers with a fraction; `number` is this and `integer`.
  static let fraction = TypeSet(rawValue: 8)
  static let string = TypeSet(rawValue: 16)
  static let array = TypeSet(rawValue: 32)
  static let object = TypeSet(rawValue: 64)
  static let number: TypeSet = [.integer, .fraction]
  static let all = TypeSet(rawValue: 127)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The type called `name` in a schema.
  init?(name: String) {
    switch name {
    case "null": self = .null
    case "boolean": self = .boolean
    case "integer": self = .integer
    case "number": self = .number
    case "string": self = .string
    case "array": self = .array
    case "object": self = .object
    default: return nil
    }
  }

  static let names = "null, boolean, object, array, number, string or integer"

  func allows(_ value: JSONValue) -> Bool {
    switch value {
    case .null: contains(.null)
    case .bool: contains(.boolean)
    case .number(let number):
      isSuperset(of: .number)
        || (!isDisjoint(with: .number) && contains(number.isInteger ? .integer : .fraction))
    case .string: contains(.string)
    case .array: contains(.array)
    case .object: contains(.object)
    }
  }

  func message(for value: JSONValue) -> String {
    "is \(Self.description(of: value, besides: self)); \(described) is expected"
  }

  private static func description(of value: JSONValue, besides allowed: TypeSet) -> String {
    switch value {
    case .null: "null"
    case .bool: "a boolean"
    case .number: allowed.contains(.integer) ? "a number with a fraction" : "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// "a string or null".
  private var described: String {
    var texts: [String] = []
    if contains(.string) { texts.append("a string") }
    if contains(.number) {
      texts.append("a number")
    } else if contains(.integer) {
      texts.append("an integer")
    }
    if contains(.boolean) { texts.append("a boolean") }
    if contains(.array) { texts.append("an array") }
    if contains(.object) { texts.append("an object") }
    if contains(.null) { texts.append("null") }
    return Excerpt.list(texts, "or")
  }
}

extension SchemaCompiler {
  /// Validation vocabulary, 6.1.1.
  mutating func types(_ source: SchemaSource) -> TypeSet {
    guard let value = source["type"] else { return .all }
    let names: [JSONValue]
    switch value {
    case .string: names = [value]
    case .array(let items) where !items.isEmpty: names = items
    default:
      mistake(
        source, "type", "type is neither a name nor a list of names",
        "write one of \(TypeSet.names), or several in an array")
      return .all
    }
    var types: TypeSet = []
    for name in names {
      guard let text = name.stringValue, let type = TypeSet(name: text) else {
        mistake(
          source, "type", "\(Excerpt.text(of: name)) is not a type", "write \(TypeSet.names)")
        continue
      }
      types.formUnion(type)
    }
    return types.isEmpty ? .all : types
  }
}
