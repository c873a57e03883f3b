// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The bytes of one log line, put together directly: every request has two lines, and as JSON
/// values and a date formatter they cost as much as everything else that the gateway does with a
/// request itself.
struct LogLine {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(768) }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// A JSON string.
  mutating func append(quoted text: String) {
    guard
      text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
    else {
      bytes.append(contentsOf: JSONValue.string(text).serialized())
      return
    }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: text.utf8)
    bytes.append(UInt8(ascii: "\""))
  }

  /// A member of an object, with a comma before it.
  mutating func append(member name: String, _ value: LogValue) {
    bytes.append(UInt8(ascii: ","))
    append(quoted: name)
    bytes.append(UInt8(ascii: ":"))
    append(value)
  }

  mutating func append(_ value: LogValue) {
    switch value {
    case .text(let text): append(quoted: text)
    case .whole(let number): append(String(number))
    case .decimal(let number): append(microsecondsOf: number)
    case .flag(let flag): append(flag ? "true" : "false")
    case .list(let items):
      appendList("[", items, "]") { line, item in line.append(quoted: item) }
    case .durations(let stages):
      appendList("{", stages, "}") { line, stage in
        line.append(quoted: stage.name)
        line.append(":")
        line.append(microsecondsOf: stage.duration / .seconds(1))
      }
    }
  }

  private mutating func appendList<Item>(
    _ opening: String, _ items: [Item], _ closing: String,
    _ appendItem: (inout LogLine, Item) -> Void
  ) {
    append(opening)
    for index in items.indices {
      if index > 0 { append(",") }
      appendItem(&self, items[index])
    }
    append(closing)
  }

  /// Seconds to six places, which is as exact as the clocks are.
  private mutating func append(microsecondsOf seconds: Double) {
    let millionths = Int((seconds * 1_000_000).rounded())
    if millionths < 0 { append("-") }
    append(String(millionths.magnitude / 1_000_000))
    append(".")
    append(digits: Int(millionths.magnitude % 1_000_000), count: 6)
  }

  /// UTC in RFC 3339, to the millisecond.
  ///
  /// - Parameter unixMilliseconds: since 1970, not negative.
  mutating func append(time unixMilliseconds: Int) {
    let (days, millisecondOfDay) = unixMilliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    // Years that begin on 1 March, in eras of 400 years: leap days come last, so months have fixed
    // beginnings.
    let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    append(digits: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), count: 4)
    append("-")
    append(digits: month, count: 2)
    append("-")
    append(digits: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, count: 2)
    append("T")
    append(digits: millisecondOfDay / 3_600_000, count: 2)
    append(":")
    append(digits: millisecondOfDay / 60_000 % 60, count: 2)
    append(":")
    append(digits: millisecondOfDay / 1000 % 60, count: 2)
    append(".")
    append(digits: millisecondOfDay % 1000, count: 3)
    append("Z")
  }

  /// The last `count` digits of a number that is not negative, with leading zeros.
  private mutating func append(digits number: Int, count: Int) {
    var unit = 1
    for _ in 1..<count { unit *= 10 }
    while unit > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
      unit /= 10
    }
  }
}
