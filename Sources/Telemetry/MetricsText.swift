// SPDX-License-Identifier: Apache-2.0

/// The Prometheus text format 0.0.4.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
struct MetricsText {
  private(set) var text = ""

  /// HELP and TYPE.
  mutating func append(_ family: MetricFamily) {
    text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind.rawValue)\n"
  }

  mutating func append(_ family: MetricFamily, _ labels: [String], _ value: String) {
    text += "\(family.name)\(family.braced(labels)) \(value)\n"
  }

  mutating func append(_ family: MetricFamily, _ labels: [String], _ histogram: Histogram) {
    let (counts, sum) = histogram.snapshot
    var total = 0
    for (index, count) in counts.enumerated() {
      total += count
      let bound =
        index < Histogram.boundsNanoseconds.count
        ? seconds(UInt64(Histogram.boundsNanoseconds[index])) : "+Inf"
      text += "\(family.name)_bucket\(family.braced(labels, le: bound)) \(total)\n"
    }
    text += "\(family.name)_sum\(family.braced(labels)) \(seconds(sum))\n"
    text += "\(family.name)_count\(family.braced(labels)) \(total)\n"
  }
}

extension MetricFamily {
  fileprivate func braced(_ values: [String], le bound: String? = nil) -> String {
    var pairs = zip(labels, values).map { "\($0)=\"\(escaped($1))\"" }
    if let bound { pairs.append("le=\"\(bound)\"") }
    return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
  }
}

/// A label's value, with what the format reserves escaped. By scalars: a line feed behind a
/// carriage return, or a quote with an accent on it, is another `Character`.
private func escaped(_ value: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in value.unicodeScalars {
    switch scalar {
    case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
    case "\"": result.append(contentsOf: "\\\"".unicodeScalars)
    case "\n": result.append(contentsOf: "\\n".unicodeScalars)
    default: result.append(scalar)
    }
  }
  return String(result)
}

func spelled(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}

/// Nanoseconds as seconds, exactly, without trailing zeros.
private func seconds(_ nanoseconds: UInt64) -> String {
  let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
  guard rest > 0 else { return String(whole) }
  var fraction = String(1_000_000_000 + rest).dropFirst()
  while fraction.last == "0" { fraction.removeLast() }
  return "\(whole).\(fraction)"
}
