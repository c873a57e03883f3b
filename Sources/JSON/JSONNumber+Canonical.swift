// SPDX-License-Identifier: Apache-2.0

extension JSONNumber {
  /// The number in the canonical form: RFC 8785, 3.2.2.3, which is ECMAScript's way to write it.
  ///
  /// The RFC takes every number for a double first. Then 9007199254740993 and 9007199254740992
  /// would be one number, and two orders that differ in nothing else would be the same request.
  /// So the exact digits stay, in the same layout, where a double would change the value too much:
  /// - integers, of any length (up to 2^53 both ways give the same text),
  /// - fractions of more than 17 significant digits (the most that a program needs to write a
  ///   double), and those that a double takes for an integer or for infinity.
  ///
  /// All other fractions are written as the RFC wants: the shortest text that reads back as the
  /// same double.
  var canonicalText: String {
    // Most numbers are short integers, and already canonical.
    if text.utf8.count <= 15, isPlainInteger { return text == "-0" ? "0" : text }
    let exact = decimal
    guard exact.exponent < 0, exact.digits.count <= 17 else { return exact.ecmaScriptText }
    let double = doubleValue
    // From 2^53 on every double is an integer.
    guard double.magnitude < 0x1p53, Double(Int(double)) != double else {
      return exact.ecmaScriptText
    }
    return ExactDecimal(double.description).ecmaScriptText
  }
}

extension ExactDecimal {
  /// The layout of ECMA-262, Number::toString: plain up to 21 digits before the point and up to
  /// six zeros behind it, else one digit, point, digits, `e`, sign, exponent.
  var ecmaScriptText: String {
    guard !isZero else { return "0" }
    let sign = isNegative ? "-" : ""
    let text = String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
    let point = pointPosition
    switch point {
    case _ where point >= digits.count && point <= 21:
      return sign + text + String(repeating: "0", count: exponent)
    case 1...21:
      return sign + text.prefix(point) + "." + text.dropFirst(point)
    case -5...0:
      return sign + "0." + String(repeating: "0", count: -point) + text
    default:
      let mantissa = digits.count == 1 ? text : "\(text.prefix(1)).\(text.dropFirst())"
      return sign + mantissa + "e" + (point > 0 ? "+" : "-") + String((point - 1).magnitude)
    }
  }
}
