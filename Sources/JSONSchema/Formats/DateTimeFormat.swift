// SPDX-License-Identifier: Apache-2.0

/// Dates and times by RFC 3339, 5.6.
enum DateTimeFormat {
  static func isDateTime(_ text: [UInt8]) -> Bool {
    text.count > 11 && text[10] | 0x20 == UInt8(ascii: "t") && isDate(text[..<10])
      && isTime(text[11...])
  }

  static func isDate(_ text: ArraySlice<UInt8>) -> Bool {
    var fields = Fields(text)
    guard let year = fields.number(4), fields.take("-"), let month = fields.number(2),
      fields.take("-"), let day = fields.number(2), fields.isAtEnd, (1...12).contains(month)
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
  }

  /// With the zone. A leap second is accepted where one can be: at the end of a day in UTC.
  static func isTime(_ text: ArraySlice<UInt8>) -> Bool {
    var fields = Fields(text)
    guard let hour = fields.number(2), fields.take(":"), let minute = fields.number(2),
      fields.take(":"), let second = fields.number(2), hour < 24, minute < 60, second <= 60
    else { return false }
    if fields.take("."), !fields.skipDigits() { return false }
    var offset = 0
    if !fields.take("Z"), !fields.take("z") {
      let isEast = fields.take("+")
      guard isEast || fields.take("-"), let hours = fields.number(2), fields.take(":"),
        let minutes = fields.number(2), hours < 24, minutes < 60
      else { return false }
      offset = (hours * 60 + minutes) * (isEast ? 1 : -1)
    }
    guard fields.isAtEnd else { return false }
    if second < 60 { return true }
    let minuteInUTC = (hour * 60 + minute - offset + 2880) % 1440
    return minuteInUTC == 1439
  }

  /// Reads fields of fixed width from front to back.
  private struct Fields {
    private var rest: ArraySlice<UInt8>

    init(_ text: ArraySlice<UInt8>) { rest = text }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number(_ width: Int) -> Int? {
      let digits = rest.prefix(width)
      guard digits.count == width, digits.allSatisfy(\.isDigit) else { return nil }
      rest = rest.dropFirst(width)
      return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard let first = rest.first, UInt32(first) == character.value else { return false }
      rest = rest.dropFirst()
      return true
    }

    mutating func skipDigits() -> Bool {
      let digits = rest.prefix(while: \.isDigit)
      rest = rest.dropFirst(digits.count)
      return !digits.isEmpty
    }
  }
}

/// Durations by RFC 3339, appendix A.
enum DurationFormat {
  static func accepts(_ text: [UInt8]) -> Bool {
    guard text.first == UInt8(ascii: "P"), text.allSatisfy({ $0 < 0x80 }) else { return false }
    let rest = text.dropFirst()
    if rest.last == UInt8(ascii: "W") {
      return rest.count > 1 && rest.dropLast().allSatisfy(\.isDigit)
    }
    let parts = rest.split(
      separator: UInt8(ascii: "T"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let date = parts.first, isSeries(date, of: Array("YMD".utf8)) else { return false }
    if parts.count == 1 { return !date.isEmpty }
    return !parts[1].isEmpty && isSeries(parts[1], of: Array("HMS".utf8))
  }

  /// Numbers with units, the units in order and none left out in between.
  private static func isSeries(_ text: ArraySlice<UInt8>, of units: [UInt8]) -> Bool {
    var rest = text
    var last: Int?
    while !rest.isEmpty {
      let digits = rest.prefix(while: \.isDigit)
      rest = rest.dropFirst(digits.count)
      guard !digits.isEmpty, let unit = rest.popFirst(), let place = units.firstIndex(of: unit),
        last == nil || last.map({ $0 + 1 }) == place
      else { return false }
      last = place
    }
    return true
  }
}
