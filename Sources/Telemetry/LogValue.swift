// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A field of a log line. A field whose value is `nil` is left out.
package enum LogValue: Sendable, Equatable {
  case text(String)
  case whole(Int)
  case decimal(Double)
  case flag(Bool)
  case list([String])
  case durations([(name: String, duration: Duration)])

  package static func == (a: LogValue, b: LogValue) -> Bool { a.json == b.json }

  /// Seconds as a number.
  package static func seconds(_ duration: Duration) -> LogValue { .decimal(duration / .seconds(1)) }

  var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .whole(let number): .number(JSONNumber(number))
    case .decimal(let number): .microseconds(number)
    case .flag(let flag): .bool(flag)
    case .list(let items): .array(items.map(JSONValue.string))
    case .durations(let stages):
      .object(
        JSONObject(
          stages.map { stage in
            JSONObject.Member(name: stage.name, value: .microseconds(stage.duration / .seconds(1)))
          }))
    }
  }
}

extension JSONValue {
  /// To six places, which is as exact as the clocks are.
  fileprivate static func microseconds(_ seconds: Double) -> JSONValue {
    let millionths = Int((seconds * 1_000_000).rounded())
    let fraction = String(millionths.magnitude % 1_000_000)
    let text =
      (millionths < 0 ? "-" : "") + "\(millionths.magnitude / 1_000_000)."
      + String(repeating: "0", count: 6 - fraction.count) + fraction
    return JSONNumber(text: text).map(JSONValue.number) ?? .null
  }
}
