// SPDX-License-Identifier: Apache-2.0

/// A JSON text that has been read. Numbers keep their exact text, objects the order of their
/// members.
///
/// Equality is JSON's own: numbers by exact value, strings by their code points (not by canonical
/// equivalence as `String` does), objects in any order of members.
package enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

extension JSONValue {
  /// Reads a JSON text by RFC 8259, strictly.
  ///
  /// Refused besides what is not JSON: invalid UTF-8, a byte order mark, surrogates without their
  /// partner, two members of one name in an object, and anything after the value but white space.
  ///
  /// - Parameters:
  ///   - bytes: the whole text, UTF-8.
  ///   - maximumDepth: how many arrays and objects may be open at once, 1 to 512. Reading takes
  ///     a stack frame for each, and so does everything that walks the value afterwards.
  /// - Throws: the first mistake, with its place.
  package init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(JSONSyntaxError) {
    precondition((1...512).contains(maximumDepth), "maximumDepth is \(maximumDepth)")
    self = try JSONReader.read(bytes, maximumDepth: maximumDepth)
  }
}

extension JSONValue {
  /// The text of a string; `nil` for anything else.
  package var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The items of an array; `nil` for anything else.
  package var arrayValue: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The object, when it is one; `nil` for anything else.
  package var objectValue: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  /// `true` or `false`; `nil` for anything else.
  package var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The number, when it is one; `nil` for anything else.
  package var numberValue: JSONNumber? {
    if case .number(let value) = self { value } else { nil }
  }

  /// The value of an integer that fits 64 bits, `1.0` and `1e2` included; `nil` for anything else.
  package var intValue: Int? {
    if case .number(let value) = self { value.intValue } else { nil }
  }

  /// The member `name` of an object; `nil` for anything else.
  package subscript(name: String) -> JSONValue? {
    objectValue?[name]
  }
}

extension JSONValue: Hashable {
  package static func == (a: JSONValue, b: JSONValue) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0 as UInt8)
    case .bool(let value): hasher.combine(value)
    case .number(let value): hasher.combine(value)
    case .string(let value): value.hashBytes(into: &hasher)
    case .array(let items): hasher.combine(items)
    case .object(let object): hasher.combine(object)
    }
  }
}

/// Not `ExpressibleByNilLiteral`: then `condition ? value : nil` would be JSON's null, not the
/// absence of a value, wherever a `JSONValue?` is expected. Null is written `.null`.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member(name: $0.0, value: $0.1) }))
  }
}
