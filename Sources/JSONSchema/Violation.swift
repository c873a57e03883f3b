// SPDX-License-Identifier: Apache-2.0
package import JSON

/// One thing that is wrong with a value, for the one who sent it.
package struct Violation: Sendable, Equatable {
  /// Where in the value. Names that are very long are shortened, so that an answer never repeats a
  /// whole body.
  package let pointer: JSONPointer
  /// The keyword of the schema that refuses it: `maxLength`.
  package let keyword: String
  /// What was found and what is allowed, as the end of a sentence that begins with the place:
  /// "is 33 characters long; at most 32 are allowed".
  package let message: String

  package init(pointer: JSONPointer, keyword: String, message: String) {
    self.pointer = pointer
    self.keyword = keyword
    self.message = message
  }
}

/// Short texts about values for messages.
enum Excerpt {
  static let maximumLength = 48

  /// A value as it may be shown: scalars as they are written, the others by their size.
  static func text(of value: JSONValue) -> String {
    switch value {
    case .array(let items): "an array of " + counted(items.count, "item")
    case .object(let object): "an object of " + counted(object.members.count, "member")
    case .string(let text): quoted(text)
    default: shortened(String(decoding: value.serialized(), as: UTF8.self))
    }
  }

  /// In double quotes, with what would break a line escaped.
  static func quoted(_ text: String) -> String {
    String(decoding: JSONValue.string(shortened(text)).serialized(), as: UTF8.self)
  }

  /// At most `maximumLength` code points, with an ellipsis for the rest.
  static func shortened(_ text: String) -> String {
    guard
      let end = text.unicodeScalars.index(
        text.startIndex, offsetBy: maximumLength, limitedBy: text.endIndex), end < text.endIndex
    else { return text }
    return String(text.unicodeScalars[..<end]) + "…"
  }

  /// "1 item", "2 items".
  static func counted(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
  }

  /// "1 is", "2 are".
  static func are(_ count: Int) -> String { count == 1 ? "1 is" : "\(count) are" }

  /// "a, b and c", at most ten of them.
  static func list(_ texts: [String], _ last: String) -> String {
    if texts.count > 10 { return texts.prefix(10).joined(separator: ", ") + ", …" }
    guard let end = texts.last, texts.count > 1 else { return texts.first ?? "" }
    return texts.dropLast().joined(separator: ", ") + " \(last) " + end
  }
}
