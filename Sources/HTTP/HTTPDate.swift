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
    return day1970(year, Int64(month) + 1, day) * 86_400 + hour * 3600 + minute * 60 + second
  }

  /// - Parameter seconds: since 1970-01-01T00:00:00Z, not negative.
  package static func text(_ seconds: Int64) -> String {
    let days = seconds / 86_400
    let second = Int(seconds % 86_400)
    let (year, month, day) = civil(days)
    let time = [second / 3600, second / 60 % 60, second % 60].map(twoDigits).joined(separator: ":")
    return "\(weekdays[Int(days % 7)]), \(twoDigits(day)) \(months[month - 1]) \(year) \(time) GMT"
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

  private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int64? {
    var number: Int64 = 0
    for index in range {
      let digit = Int64(text[index]) - 0x30
      guard (0...9).contains(digit) else { return nil }
      number = number * 10 + digit
    }
    return number
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  /// The number of a day of the Gregorian calendar, with the year beginning in March, so that the
  /// leap day is its last.
  private static func day1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month > 2 ? year : year - 1
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }

  /// Year, month and day of a day number, counted in eras of 400 years that begin on 1 March.
  private static func civil(_ days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(days) + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}
