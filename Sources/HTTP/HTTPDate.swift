// SPDX-License-Identifier: Apache-2.0

/// Reads a date as HTTP servers send it, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7,
/// IMF-fixdate).
///
/// - Returns: seconds since 1970; `nil` for anything else, the two obsolete forms among it.
package func httpDate(_ text: String) -> Int64? {
  let fields = text.split(whereSeparator: { " :,".contains($0) })
  guard text.utf8.count == 29, fields.count == 8, fields[7] == "GMT",
    let month = months.firstIndex(where: { $0 == fields[2] }), let day = Int64(fields[1]),
    let year = Int64(fields[3]), let hour = Int64(fields[4]), let minute = Int64(fields[5]),
    let second = Int64(fields[6]), (1...31).contains(day), (1970...9999).contains(year),
    (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
  else { return nil }
  return daysSince1970(year, Int64(month) + 1, day) * 86_400 + hour * 3600 + minute * 60 + second
}

private let months = [
  "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]

/// Of the Gregorian calendar, with the year beginning in March, so that the leap day is its last.
private func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
  let shifted = month > 2 ? year : year - 1
  let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
  return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
}
