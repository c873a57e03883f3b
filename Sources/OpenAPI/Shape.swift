// SPDX-License-Identifier: Apache-2.0
package import JSON

/// What the normalizer needs of a response schema: what is declared, with every `$ref` followed.
///
/// `allOf` is merged in; `oneOf`, `anyOf` and `not` declare nothing here. Where a schema contains
/// itself the shape ends, and what comes deeper passes through untouched.
package final class Shape: Sendable {
  /// The types of JSON Schema, any number of them: a member that may be null declares two.
  package struct Types: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let null = Types(rawValue: 1)
    package static let boolean = Types(rawValue: 2)
    package static let integer = Types(rawValue: 4)
    package static let number = Types(rawValue: 8)
    package static let string = Types(rawValue: 16)
    package static let array = Types(rawValue: 32)
    package static let object = Types(rawValue: 64)
    /// Not a list of the two: that would be put together anew wherever it is used.
    package static let anyNumber = Types(rawValue: integer.rawValue | number.rawValue)
  }

  /// A member of an object and what is declared of it.
  package struct Property: Sendable {
    /// As it stands in the document, unescaped.
    package let name: String
    /// What is declared of the member.
    package let shape: Shape
  }

  /// Empty when the schema declares none.
  package let types: Types
  /// `date-time` for what is to become RFC 3339.
  package let format: String?
  /// What fills an absent or null member.
  package let defaultValue: JSONValue?
  /// For arrays.
  package let items: Shape?
  /// For objects, in the order of the document.
  package let properties: [Property]
  /// For an object's members that are not in `properties`; `nil` when they pass through untouched.
  package let additionalProperties: Shape?

  /// A shape; what is left out is not declared.
  package init(
    types: Types = [], format: String? = nil, defaultValue: JSONValue? = nil, items: Shape? = nil,
    properties: [Property] = [], additionalProperties: Shape? = nil
  ) {
    self.types = types
    self.format = format
    self.defaultValue = defaultValue
    self.items = items
    self.properties = properties
    self.additionalProperties = additionalProperties
  }

  /// The declared member of that name, compared byte for byte.
  package func property(named name: String) -> Shape? {
    for index in properties.indices where properties[index].name.hasSameBytes(as: name) {
      return properties[index].shape
    }
    return nil
  }
}
