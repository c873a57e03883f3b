// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import HTTP

/// A point of wall-clock time, to the millisecond.
struct Moment: Sendable, Comparable {
  let millisecondsSince1970: Int64

  var secondsSince1970: Int64 {
    // Rounds towards the past, also before 1970.
    (millisecondsSince1970 - millisecond) / 1000
  }

  /// The part below a second, 0 to 999.
  var millisecond: Int64 {
    let rest = millisecondsSince1970 % 1000
    return rest < 0 ? rest + 1000 : rest
  }

  init(millisecondsSince1970: Int64) {
    self.millisecondsSince1970 = millisecondsSince1970
  }

  init(secondsSince1970: Int64) {
    millisecondsSince1970 = secondsSince1970 * 1000
  }

  /// The computer's clock, now.
  static func now() -> Moment {
    Moment(millisecondsSince1970: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
  }

  func advanced(bySeconds seconds: Int64) -> Moment {
    Moment(millisecondsSince1970: millisecondsSince1970 + seconds * 1000)
  }

  static func < (a: Moment, b: Moment) -> Bool {
    a.millisecondsSince1970 < b.millisecondsSince1970
  }

  /// RFC 3339 in Beijing time, as WeChat Pay writes it: `2015-05-20T13:29:35+08:00`.
  var beijingTime: String { beijing(withMilliseconds: false) }

  /// The same with milliseconds: `2015-05-20T13:29:35.120+08:00`.
  var beijingTimeWithMilliseconds: String { beijing(withMilliseconds: true) }

  /// The day in Beijing, counted from 1970-01-01.
  var beijingDay: Int64 {
    let seconds = secondsSince1970 + Self.beijingOffset
    return (seconds - Self.secondOfDay(seconds)) / 86_400
  }

  private static let beijingOffset: Int64 = 8 * 3600

  private static func secondOfDay(_ seconds: Int64) -> Int64 {
    let rest = seconds % 86_400
    return rest < 0 ? rest + 86_400 : rest
  }

  private func beijing(withMilliseconds: Bool) -> String {
    let second = Self.secondOfDay(secondsSince1970 + Self.beijingOffset)
    let civil = CivilDate(daysSince1970: Int(beijingDay))
    let date = "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
    let time =
      "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    return "\(date)T\(time)\(withMilliseconds ? ".\(padded(millisecond, 3))" : "")+08:00"
  }
}

private func padded(_ number: some BinaryInteger, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, width - text.count)) + text
}
