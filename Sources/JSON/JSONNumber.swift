// SPDX-License-Identifier: Apache-2.0

/// A number as it was written: the text is kept, so nothing is rounded on the way through.
package struct JSONNumber: Sendable {
  /// RFC 8259, 6: `-0`, `1.50`, `6.02e23`.
  package let text: String

  package init(_ value: Int) {
    text = String(value)
  }

  /// The value when it is an integer that fits 64 bits, however it is written.
  package var intValue: Int? {
    Int(text)
  }
}

extension JSONNumber: Equatable {
  /// Equal by value: `1`, `1.0` and `10e-1` are one number.
  package static func == (a: JSONNumber, b: JSONNumber) -> Bool {
    a.text == b.text
  }
}
