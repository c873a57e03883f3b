// SPDX-License-Identifier: Apache-2.0
package import GatewayCore
internal import HTTP
internal import JSON

/// One line, put together as bytes: every request has two of them, and as JSON values and a date
/// formatter they would cost as much as everything else that the gateway does with a request
/// itself.
package struct LogLine {
  private let format: Log.Format
  private(set) var bytes: [UInt8] = []

  init(
    _ format: Log.Format, _ level: Log.Level, _ kind: Log.Kind, _ message: StaticString,
    unixMilliseconds: Int
  ) {
    self.format = format
    // With its header it stays within what malloc keeps at hand, 1,032 bytes.
    bytes.reserveCapacity(960)
    switch format {
    case .json:
      append("{\"time\":\"")
      append(time: unixMilliseconds)
      append("\",\"level\":\"")
      append(level.name)
      append("\",\"kind\":\"")
      append(kind.name)
      append("\",\"message\":\"")
      append(message)
      append("\"")
    case .text:
      append(time: unixMilliseconds)
      append(" ")
      append(level.padded)
      append(" ")
      append(message)
    }
  }

  mutating func finish() { append(format == .json ? "}\n" : "\n") }

  /// Adds a field; names are constants without anything to escape.
  package mutating func add(_ name: StaticString, _ text: String?) {
    guard let text else { return }
    begin(name)
    bytes.append(jsonString: text)
  }

  package mutating func add(_ name: StaticString, _ number: Int?) {
    guard let number else { return }
    begin(name)
    append(number)
  }

  package mutating func add(_ name: StaticString, _ flag: Bool) {
    begin(name)
    append(flag ? "true" : "false")
  }

  package mutating func add(_ name: StaticString, nanoseconds: Int64) {
    begin(name)
    append(microseconds: Int((nanoseconds + 500) / 1000))
  }

  /// An object of seconds by name; nothing when there are none.
  package mutating func add(_ name: StaticString, _ times: [Journal.StageTime]) {
    guard !times.isEmpty else { return }
    begin(name)
    for (index, time) in times.enumerated() {
      bytes.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
      append(quoted: time.stage.name)
      append(microseconds: Int((time.nanoseconds + 500) / 1000))
    }
    bytes.append(UInt8(ascii: "}"))
  }

  package mutating func add(_ name: StaticString, _ texts: [String]) {
    begin(name)
    append(texts)
  }

  mutating func add(_ name: String, _ value: LogValue) {
    append(format == .json ? ",\"" : " ")
    bytes.append(contentsOf: name.utf8)
    append(format == .json ? "\":" : "=")
    switch value {
    case .text(let text): bytes.append(jsonString: text)
    case .whole(let number): append(number)
    case .decimal(let number): append(microseconds: Int((number * 1_000_000).rounded()))
    case .flag(let flag): append(flag ? "true" : "false")
    case .list(let texts): append(texts)
    }
  }

  private mutating func append(_ texts: [String]) {
    append("[")
    for index in texts.indices {
      if index > 0 { append(",") }
      bytes.append(jsonString: texts[index])
    }
    append("]")
  }

  private mutating func begin(_ name: StaticString) {
    switch format {
    case .json:
      bytes.append(UInt8(ascii: ","))
      append(quoted: name)
    case .text:
      bytes.append(UInt8(ascii: " "))
      append(name)
      bytes.append(UInt8(ascii: "="))
    }
  }

  private mutating func append(quoted name: StaticString) {
    bytes.append(UInt8(ascii: "\""))
    append(name)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
  }

  private mutating func append(_ number: Int) {
    if (0...9).contains(number) { return bytes.append(UInt8(ascii: "0") + UInt8(number)) }
    bytes.append(contentsOf: String(number).utf8)
  }

  /// Seconds to six places, which is as exact as the clocks are.
  private mutating func append(microseconds: Int) {
    if microseconds < 0 { append("-") }
    let (seconds, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    append(Int(seconds))
    append(".")
    append(threeDigits: Int(rest / 1000))
    append(threeDigits: Int(rest % 1000))
  }

  /// UTC in RFC 3339, to the millisecond.
  ///
  /// - Parameter unixMilliseconds: since 1970, not negative, before the year 10000.
  mutating func append(time unixMilliseconds: Int) {
    let (days, millisecondOfDay) = unixMilliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    let date = CivilDate(daysSince1970: days)
    append(twoDigits: date.year / 100)
    append(twoDigits: date.year % 100)
    append("-")
    append(twoDigits: date.month)
    append("-")
    append(twoDigits: date.day)
    append("T")
    append(twoDigits: millisecondOfDay / 3_600_000)
    append(":")
    append(twoDigits: millisecondOfDay / 60_000 % 60)
    append(":")
    append(twoDigits: millisecondOfDay / 1000 % 60)
    append(".")
    append(threeDigits: millisecondOfDay % 1000)
    append("Z")
  }

  private mutating func append(twoDigits number: Int) {
    bytes.append(UInt8(ascii: "0") + UInt8(number / 10))
    bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
  }

  private mutating func append(threeDigits number: Int) {
    bytes.append(UInt8(ascii: "0") + UInt8(number / 100))
    append(twoDigits: number % 100)
  }
}
