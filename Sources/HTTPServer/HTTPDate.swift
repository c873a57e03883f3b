// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The date format of HTTP (IMF-fixdate, RFC 9110, 5.6.7).
package enum HTTPDate {
  /// Seconds since 1970 by the wall clock.
  package static var now: Int64 { Int64(time(nil)) }

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

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  /// Year, month and day of a day number, counted in eras of 400 years that begin on 1 March, so
  /// that the leap day is the last of its year.
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
