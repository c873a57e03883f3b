// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import JSONSchema

/// A parameter of an operation: how its text becomes a value, and what the value must be.
struct Parameter: Sendable {
  enum Location: String, Sendable {
    case path
    case query
    case header
  }

  let name: String
  let location: Location
  let isRequired: Bool
  let form: ValueForm
  let schema: SchemaCheck

  /// `/NAME`, escaped.
  private var pointer: String { JSONPointer(tokens: [name]).description }

  func violation(_ keyword: String, _ message: String, pointer: String? = nil) -> ParameterViolation
  {
    ParameterViolation(
      location: ParameterViolation.Location(rawValue: location.rawValue) ?? .query,
      pointer: pointer ?? self.pointer,
      keyword: keyword, message: message)
  }

  /// What is wrong with the texts of the parameter: one, or several of a repeated list.
  func violations(in texts: [String], limit: Int) -> [ParameterViolation] {
    let value: JSONValue
    switch form {
    case .one(let scalar):
      guard let read = texts.first.flatMap(scalar.value) else {
        return [violation("type", "is not \(scalar.noun)")]
      }
      value = read
    case .list(let scalar, _):
      var items: [JSONValue] = []
      for (index, text) in texts.enumerated() {
        guard let item = scalar.value(text) else {
          return [violation("type", "is not \(scalar.noun)", pointer: "\(pointer)/\(index)")]
        }
        items.append(item)
      }
      value = .array(items)
    }
    return schema.violations(in: value, limit: limit).map {
      violation($0.keyword, $0.message, pointer: self.pointer + $0.pointer.description)
    }
  }
}

/// How a parameter is written: OpenAPI's default styles, `simple` in paths and headers, `form` in
/// queries.
enum ValueForm: Sendable, Equatable {
  case one(ScalarForm)
  /// `exploded`: the parameter is repeated (`a=1&a=2`); otherwise its items stand between commas.
  case list(ScalarForm, exploded: Bool)
}

/// What a text stands for.
enum ScalarForm: Sendable, Equatable {
  case string
  case integer
  case number
  case boolean

  var noun: String {
    switch self {
    case .string: "a string"
    case .integer: "an integer"
    case .number: "a number"
    case .boolean: "true or false"
    }
  }

  /// `nil` when the text does not stand for one. A number is written as in JSON.
  func value(_ text: String) -> JSONValue? {
    switch self {
    case .string: return .string(text)
    case .boolean:
      guard text == "true" || text == "false" else { return nil }
      return .bool(text == "true")
    case .integer:
      guard let number = JSONNumber(text: text), number.isInteger else { return nil }
      return .number(number)
    case .number:
      guard let number = JSONNumber(text: text) else { return nil }
      return .number(number)
    }
  }
}
