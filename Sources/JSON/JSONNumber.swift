// SPDX-License-Identifier: Apache-2.0

/// A number as it was written: the text is kept, so nothing is rounded on the way through.
///
/// Everything asked of it is answered from the decimal digits, never from a `Double`, and at a cost
/// of its length: `1e999999999` is compared without writing a thousand million zeros.
package struct JSONNumber: Sendable {
  /// RFC 8259, 6: `-0`, `1.50`, `6.02e23`.
  package let text: String

  /// Exponents of more digits are refused by the reader, so that an exponent always fits an `Int`
  /// with room to add the length of a text to it.
  static let maximumExponentDigits = 18

  /// The number `value`.
  package init(_ value: Int) {
    text = String(value)
  }

  /// A number from its text; `nil` unless it is one as RFC 8259 writes them, without white space.
  package init?(text: String) {
    guard case .number(let number)? = try? JSONValue(parsing: Array(text.utf8)),
      number.text.utf8.count == text.utf8.count
    else { return nil }
    self = number
  }

  /// Takes a text that the reader has checked.
  init(unchecked text: String) {
    self.text = text
  }

  /// The value when it is an integer that fits 64 bits, however it is written: `1.0`, `1e2`.
  package var intValue: Int? {
    if isPlainInteger { return Int(text) }
    let decimal = decimal
    guard !decimal.isZero else { return 0 }
    // An integer of 64 bits has at most 19 digits.
    guard decimal.exponent >= 0, decimal.pointPosition <= 19 else { return nil }
    let digits = decimal.digits.map { Character(Unicode.Scalar($0 + 0x30)) }
    return Int(
      (decimal.isNegative ? "-" : "") + String(digits)
        + String(repeating: "0", count: decimal.exponent))
  }

  /// The nearest double; infinite when the number is too large for one.
  package var doubleValue: Double {
    Double(text) ?? .nan
  }

  /// Whether the value has no fraction: `3`, `3.0`, `3e8`, `1e999999999`.
  package var isInteger: Bool {
    isPlainInteger || decimal.exponent >= 0
  }

  /// Whether the value divided by `divisor` is an integer, exactly. `false` when `divisor` is zero.
  package func isMultiple(of divisor: JSONNumber) -> Bool {
    if let a = plainInt, let b = divisor.plainInt, b != 0 {
      return b == -1 || a % b == 0
    }
    return decimal.isMultiple(of: divisor.decimal)
  }

  /// Digits with perhaps a minus sign: no fraction, no exponent.
  var isPlainInteger: Bool {
    for byte in text.utf8 where byte > UInt8(ascii: "9") || byte == UInt8(ascii: ".") {
      return false
    }
    return true
  }

  /// The value when it is written as a plain integer and fits 64 bits.
  private var plainInt: Int? { isPlainInteger ? Int(text) : nil }

  /// The exact value, taken apart.
  var decimal: ExactDecimal { ExactDecimal(text) }
}

extension JSONNumber: Comparable, Hashable {
  /// Equal by value: `1`, `1.0` and `10e-1` are one number, and so are `0` and `-0`.
  package static func == (a: JSONNumber, b: JSONNumber) -> Bool {
    if a.text.hasSameBytes(as: b.text) { return true }
    if let a = a.plainInt, let b = b.plainInt { return a == b }
    return a.decimal == b.decimal
  }

  package static func < (a: JSONNumber, b: JSONNumber) -> Bool {
    if let a = a.plainInt, let b = b.plainInt { return a < b }
    return a.decimal < b.decimal
  }

  package func hash(into hasher: inout Hasher) {
    if let intValue { hasher.combine(intValue) } else { hasher.combine(decimal) }
  }
}
