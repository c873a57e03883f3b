// SPDX-License-Identifier: Apache-2.0

/// A moment in any spelling that WeChat Pay's documentation or servers use, in that of RFC 3339.
///
/// Seen: `2015-05-20T13:29:35.120+08:00`, a colon before the fraction (`…:35:120+08:00`), a space
/// for the `T`,
/// `+0800`, no offset (then China's time is meant) and `20150520132935`.
/// - Returns: `nil` when the text is none of them.
package func rfc3339(_ text: String) -> String? {
  var reader = MomentReader(text)
  guard let year = reader.number(4) else { return nil }
  let isCompact = !reader.skip("-")
  guard let month = reader.number(2), isCompact || reader.skip("-"), let day = reader.number(2),
    isCompact || reader.skip("T") || reader.skip("t") || reader.skip(" "),
    let hour = reader.number(2),
    isCompact || reader.skip(":"), let minute = reader.number(2), isCompact || reader.skip(":"),
    let second = reader.number(2)
  else { return nil }
  var fraction = 0..<0
  if reader.skip(".") || reader.skip(":") || reader.skip(",") {
    fraction = reader.digits()
    guard !fraction.isEmpty else { return nil }
  }
  guard let offset = reader.offset(), reader.isAtEnd, (1...12).contains(month),
    (1...days(of: month, in: year)).contains(day), hour < 24, minute < 60, second <= 60
  else { return nil }
  // RFC 3339, 5.7: a leap second ends a day in UTC.
  if second == 60, (hour * 60 + minute - offset.minutesEast + 2880) % 1440 != 1439 { return nil }
  var moment = MomentText()
  moment.append(year / 100)
  moment.append(year % 100)
  moment.append(month, after: "-")
  moment.append(day, after: "-")
  moment.append(hour, after: "T")
  moment.append(minute, after: ":")
  moment.append(second, after: ":")
  if !fraction.isEmpty { moment.append(reader.text[fraction], after: ".") }
  moment.append(offset)
  return String(decoding: moment.bytes, as: UTF8.self)
}

private func days(of month: Int, in year: Int) -> Int {
  switch month {
  case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
  case 4, 6, 9, 11: 30
  default: 31
  }
}

private enum Offset {
  /// Written as `Z`, and read so.
  case zulu
  case east(sign: Unicode.Scalar, hours: Int, minutes: Int)

  var minutesEast: Int {
    switch self {
    case .zulu: 0
    case .east("-", let hours, let minutes): -(hours * 60 + minutes)
    case .east(_, let hours, let minutes): hours * 60 + minutes
    }
  }
}

private struct MomentReader {
  let text: [UInt8]
  private var position = 0

  init(_ text: String) { self.text = Array(text.utf8) }

  var isAtEnd: Bool { position == text.count }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard !isAtEnd, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// The number in the next `count` digits.
  mutating func number(_ count: Int) -> Int? {
    guard text.count - position >= count else { return nil }
    var number = 0
    for index in position..<(position + count) {
      guard let digit = digit(at: index) else { return nil }
      number = number * 10 + digit
    }
    position += count
    return number
  }

  /// Where the digits from here on are.
  mutating func digits() -> Range<Int> {
    let start = position
    while !isAtEnd, digit(at: position) != nil { position += 1 }
    return start..<position
  }

  /// `Z`, `+08:00`, `+0800` or `+08`; nothing means China's time.
  mutating func offset() -> Offset? {
    if isAtEnd { return .east(sign: "+", hours: 8, minutes: 0) }
    if skip("Z") || skip("z") { return .zulu }
    let sign: Unicode.Scalar? = skip("+") ? "+" : skip("-") ? "-" : nil
    guard let sign, let hours = number(2), hours < 24 else { return nil }
    if isAtEnd { return .east(sign: sign, hours: hours, minutes: 0) }
    _ = skip(":")
    guard let minutes = number(2), minutes < 60 else { return nil }
    return .east(sign: sign, hours: hours, minutes: minutes)
  }

  private func digit(at index: Int) -> Int? {
    let byte = text[index]
    return byte >= 0x30 && byte <= 0x39 ? Int(byte) - 0x30 : nil
  }
}

private struct MomentText {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(40) }

  /// Two digits.
  mutating func append(_ number: Int, after separator: Unicode.Scalar? = nil) {
    if let separator { bytes.append(UInt8(ascii: separator)) }
    bytes.append(0x30 + UInt8(number / 10))
    bytes.append(0x30 + UInt8(number % 10))
  }

  mutating func append(_ digits: ArraySlice<UInt8>, after separator: Unicode.Scalar) {
    bytes.append(UInt8(ascii: separator))
    bytes.append(contentsOf: digits)
  }

  mutating func append(_ offset: Offset) {
    switch offset {
    case .zulu: bytes.append(UInt8(ascii: "Z"))
    case .east(let sign, let hours, let minutes):
      append(hours, after: sign)
      append(minutes, after: ":")
    }
  }
}
