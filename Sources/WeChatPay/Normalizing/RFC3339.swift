// SPDX-License-Identifier: Apache-2.0

/// A moment in any spelling that WeChat Pay's documentation or servers use, in that of RFC 3339.
///
/// Seen: `2015-05-20T13:29:35.120+08:00`, a colon before the fraction (`…:35:120+08:00`), a space
/// for the `T`,
/// `+0800`, no offset (then China's time is meant) and `20150520132935`.
/// - Returns: `nil` when the text is none of them.
package func rfc3339(_ text: String) -> String? {
  var reader = DigitReader(text)
  guard let year = reader.digits(4) else { return nil }
  let isCompact = !reader.skip("-")
  guard let month = reader.digits(2), isCompact || reader.skip("-"), let day = reader.digits(2),
    isCompact || reader.skip("T") || reader.skip("t") || reader.skip(" "),
    let hour = reader.digits(2),
    isCompact || reader.skip(":"), let minute = reader.digits(2), isCompact || reader.skip(":"),
    let second = reader.digits(2)
  else { return nil }
  var fraction = ""
  if reader.skip(".") || reader.skip(":") || reader.skip(",") {
    fraction = reader.allDigits()
    guard !fraction.isEmpty else { return nil }
    fraction = "." + fraction
  }
  guard let offset = reader.offset(), reader.isAtEnd,
    isMoment(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second,
      offset: offset)
  else { return nil }
  return "\(year)-\(month)-\(day)T\(hour):\(minute):\(second)\(fraction)\(offset)"
}

private func isMoment(
  year: String, month: String, day: String, hour: String, minute: String, second: String,
  offset: String
) -> Bool {
  guard let year = Int(year), let month = Int(month), let day = Int(day), let hour = Int(hour),
    let minute = Int(minute), let second = Int(second), (1...12).contains(month)
  else { return false }
  let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  guard (1...days).contains(day), hour < 24, minute < 60, second <= 60 else { return false }
  guard second == 60 else { return true }
  // RFC 3339, 5.7: a leap second ends a day in UTC.
  return (hour * 60 + minute - minutesEast(offset) + 2880) % 1440 == 1439
}

/// What `DigitReader.offset` gives, in minutes.
private func minutesEast(_ offset: String) -> Int {
  let digits = offset.utf8.filter { (0x30...0x39).contains($0) }.map { Int($0) - 0x30 }
  guard digits.count == 4 else { return 0 }
  let minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3]
  return offset.hasPrefix("-") ? -minutes : minutes
}

private struct DigitReader {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func digits(_ count: Int) -> String? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy(isDigit) else { return nil }
    rest.removeFirst(count)
    return String(Substring(digits))
  }

  mutating func allDigits() -> String {
    let digits = rest.prefix(while: isDigit)
    rest = rest.dropFirst(digits.count)
    return String(Substring(digits))
  }

  /// `Z`, `+08:00`, `+0800` or `+08`; nothing means China's time.
  mutating func offset() -> String? {
    if isAtEnd { return "+08:00" }
    if skip("Z") || skip("z") { return "Z" }
    let sign = skip("+") ? "+" : skip("-") ? "-" : nil
    guard let sign, let hours = digits(2), hours < "24" else { return nil }
    if isAtEnd { return "\(sign)\(hours):00" }
    _ = skip(":")
    guard let minutes = digits(2), minutes < "60" else { return nil }
    return "\(sign)\(hours):\(minutes)"
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
