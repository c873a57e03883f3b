// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Spellings of an upload's answer that have been seen outside the documentation.
enum Quirks {
  /// A list of one becomes its element, a number becomes text, and a colon stands before the
  /// milliseconds.
  static func spell(_ body: JSONValue) -> JSONValue {
    guard var object = body.objectValue else { return body }
    for member in object.members {
      switch member.value {
      case .array(let elements) where elements.count == 1: object[member.name] = elements[0]
      case .number(let number): object[member.name] = .string(number.text)
      case .string(let text) where member.name == "success_time":
        object[member.name] = .string(String(text.map { $0 == "." ? ":" : $0 }))
      default: break
      }
    }
    return .object(object)
  }
}
