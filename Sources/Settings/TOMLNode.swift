// SPDX-License-Identifier: Apache-2.0

/// A value of a TOML document and where it stands.
struct TOMLNode: Sendable, Equatable {
  /// A name in a table and its value.
  struct Entry: Sendable, Equatable {
    let name: String
    let node: TOMLNode
  }

  enum Value: Sendable, Equatable {
    case table([Entry])
    case array([TOMLNode])
    case string(String)
    case integer(Int64)
    case floating(Double)
    case boolean(Bool)
    /// No key of gateway.conf is a date or a time, so only the fact is kept.
    case dateOrTime
  }

  let value: Value
  let place: Place

  /// What a message calls the type of this value.
  var typeInWords: String {
    switch value {
    case .table: "a table"
    case .array: "an array"
    case .string: "a string"
    case .integer: "an integer"
    case .floating: "a decimal number"
    case .boolean: "a boolean"
    case .dateOrTime: "a date or a time"
    }
  }
}

/// Where something stands in the text: of a key, or of the value for an element of an array.
struct Place: Sendable, Equatable {
  /// 1-based; 0 when unknown.
  var line: Int
  /// 1-based, in code points; 0 when unknown.
  var column: Int
}
