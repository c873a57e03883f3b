// SPDX-License-Identifier: Apache-2.0

/// Why a text is not JSON as it is accepted here, and where. Never repeats anything of the text.
package struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
  /// The closed set of reasons. `rawValue` is stable: fit for metric labels.
  package enum Reason: String, Sendable, CaseIterable {
    case emptyText = "empty_text"
    case byteOrderMark = "byte_order_mark"
    case invalidUTF8 = "invalid_utf8"
    case unexpectedEnd = "unexpected_end"
    case expectedValue = "expected_value"
    case expectedName = "expected_name"
    case expectedColon = "expected_colon"
    case expectedCommaOrBrace = "expected_comma_or_brace"
    case expectedCommaOrBracket = "expected_comma_or_bracket"
    case invalidNumber = "invalid_number"
    case numberOutOfRange = "number_out_of_range"
    case controlCharacter = "control_character"
    case invalidEscape = "invalid_escape"
    case loneSurrogate = "lone_surrogate"
    case duplicateName = "duplicate_name"
    case tooDeep = "too_deep"
    case trailingBytes = "trailing_bytes"
  }

  package let reason: Reason
  /// Bytes before the place.
  package let offset: Int
  /// From 1.
  package let line: Int
  /// From 1, in code points.
  package let column: Int
  /// A sentence for the one who wrote the text, place included.
  package let message: String

  package var description: String { message }

  init(_ fault: JSONReader.Fault, in text: Span<UInt8>, maximumDepth: Int) {
    reason = fault.reason
    offset = fault.offset
    var line = 1
    var column = 1
    for index in 0..<min(fault.offset, text.count) {
      if text[index] == 0x0A {
        line += 1
        column = 1
      } else if text[index] & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.line = line
    self.column = column
    message =
      "line \(line), column \(column): " + Self.sentence(reason, maximumDepth: maximumDepth)
  }

  private static func sentence(_ reason: Reason, maximumDepth: Int) -> String {
    switch reason {
    case .emptyText: "there is no JSON text, only white space or nothing"
    case .byteOrderMark: "the text begins with a byte order mark; send it without one"
    case .invalidUTF8: "the bytes here are not valid UTF-8"
    case .unexpectedEnd: "the text ends in the middle of a value"
    case .expectedValue:
      "a value is expected here: an object, array, string, number, true, false or null"
    case .expectedName: "a member name in double quotes is expected here"
    case .expectedColon: "a colon is expected after a member name"
    case .expectedCommaOrBrace: "a comma or the closing brace of the object is expected here"
    case .expectedCommaOrBracket: "a comma or the closing bracket of the array is expected here"
    case .invalidNumber: "this is not a number as JSON writes them"
    case .numberOutOfRange: "the exponent of this number has more than 18 digits"
    case .controlCharacter: "a control character in a string must be escaped"
    case .invalidEscape: "this escape sequence does not exist in JSON"
    case .loneSurrogate: "a surrogate escape has no partner, so it is not a character"
    case .duplicateName: "this member name appears a second time in the same object"
    case .tooDeep: "arrays and objects are nested deeper than \(maximumDepth)"
    case .trailingBytes: "only white space may follow the JSON value"
    }
  }
}
