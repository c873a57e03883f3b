// SPDX-License-Identifier: Apache-2.0

/// Durations as gateway.conf writes them: `10s`, `500ms`, `1.5s`, `2m`, `1m30s`, `168h`, `7d`.
enum DurationText {
  private static let unitsInMicroseconds: [(name: String, microseconds: Int64)] = [
    ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000),
    ("ms", 1000), ("us", 1),
  ]
  /// Nothing here lasts longer; keeps the arithmetic far from overflow.
  private static let maximumMicroseconds: Int64 = 100 * 365 * 86_400_000_000

  /// - Returns: nil unless `text` is one or more numbers with units, the largest unit first, each
  ///   at most once.
  static func parse(_ text: String) -> Duration? {
    var rest = Substring(text)
    var total: Int64 = 0
    var lastUnit = -1
    while !rest.isEmpty {
      let number = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
      rest = rest.dropFirst(number.count)
      let name = rest.prefix { ("a"..."z").contains($0) }
      rest = rest.dropFirst(name.count)
      guard
        let unit = unitsInMicroseconds.firstIndex(where: { $0.name == name }), unit > lastUnit,
        let part = microseconds(number, unit: unitsInMicroseconds[unit].microseconds)
      else { return nil }
      lastUnit = unit
      total += part
      guard total <= maximumMicroseconds else { return nil }
    }
    return lastUnit < 0 ? nil : .microseconds(total)
  }

  /// The shortest exact spelling with one unit; hours are the largest, since `168h` is how
  /// operators think of it.
  static func write(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    if microseconds == 0 { return "0s" }
    let unit =
      unitsInMicroseconds.dropFirst().first { microseconds.isMultiple(of: $0.microseconds) }
      ?? ("us", 1)
    return "\(microseconds / unit.microseconds)\(unit.name)"
  }

  private static func microseconds(_ number: Substring, unit: Int64) -> Int64? {
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard
      (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 15 }),
      let whole = Int64(parts[0]), whole <= maximumMicroseconds / unit
    else { return nil }
    guard parts.count == 2 else { return whole * unit }
    // A fraction of the unit, digit by digit: exact, and refused below a microsecond.
    var result = whole * unit
    var place = unit
    for digit in parts[1] {
      guard let value = digit.wholeNumberValue else { return nil }
      if value != 0, !place.isMultiple(of: 10) { return nil }
      place /= 10
      result += Int64(value) * place
    }
    return result
  }
}
