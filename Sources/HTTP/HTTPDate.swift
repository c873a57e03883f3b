// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The date format of HTTP, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7, IMF-fixdate).
package enum HTTPDate {
  /// Seconds since 1970 by the wall clock.
  package static var now: Int64 { Int64(time(nil)) }

  /// Reads a date.
  ///
  /// - Returns: seconds since 1970; `nil` for anything else, the two obsolete forms among it.
  package static func seconds(_ text: String) -> Int64? {
    let bytes = text.utf8.span
    guard bytes.count == 29, has(", ", bytes, at: 3), has(" ", bytes, at: 7),
      has(" ", bytes, at: 11), has(" ", bytes, at: 16), has(":", bytes, at: 19),
      has(":", bytes, at: 22), has(" GMT", bytes, at: 25),
      let month = months.indices.first(where: { has(months[$0], bytes, at: 8) }),
      let day = number(bytes, 5..<7), let year = number(bytes, 12..<16),
      let hour = number(bytes, 17..<19), let minute = number(bytes, 20..<22),
      let second = number(bytes, 23..<25), (1...31).contains(day), year >= 1970, hour < 24,
      minute < 60, second <= 60
    else { return nil }
    let date = CivilDate(year: year, month: month + 1, day: day)
    return Int64(date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second)
  }

  /// - Parameter seconds: since 1970-01-01T00:00:00Z, not negative.
  package static func text(_ seconds: Int64) -> String {
    let (days, second) = Int(seconds).quotientAndRemainder(dividingBy: 86_400)
    let date = CivilDate(daysSince1970: days)
    let time = [second / 3600, second / 60 % 60, second % 60].map(twoDigits).joined(separator: ":")
    let day = "\(weekdays[days % 7]), \(twoDigits(date.day)) \(months[date.month - 1])"
    return "\(day) \(date.year) \(time) GMT"
  }

  /// 1970-01-01 was a Thursday.
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func has(_ part: String, _ text: Span<UInt8>, at start: Int) -> Bool {
    let part = part.utf8.span
    for index in part.indices where text[start + index] != part[index] { return false }
    return true
  }

  private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var number = 0
    for index in range {
      let digit = Int(text[index]) - 0x30
      guard (0...9).contains(digit) else { return nil }
      number = number * 10 + digit
    }
    return number
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
