// SPDX-License-Identifier: Apache-2.0
internal import Concurrency

/// Counters, gauges and histograms, in the Prometheus text format 0.0.4.
package final class Metrics: Sendable {
  /// From half a millisecond, which is less than a signature, to the default request timeout and
  /// beyond; in seconds.
  package static let buckets = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ]

  fileprivate struct Histogram: Sendable {
    var counts = [Int](repeating: 0, count: Metrics.buckets.count)
    var sum = 0.0
    var count = 0

    mutating func add(_ seconds: Double) {
      if let bucket = Metrics.buckets.firstIndex(where: { seconds <= $0 }) { counts[bucket] += 1 }
      sum += seconds
      count += 1
    }
  }

  fileprivate struct State: Sendable {
    var values: [MetricFamily: [[String]: Double]] = [:]
    var histograms: [MetricFamily: [[String]: Histogram]] = [:]
  }

  /// Series of one metric. What comes on top of them is counted under `other`, so that no input
  /// makes metrics grow.
  private static let seriesLimit = 5000

  private let state = Guarded(State())
  private let families: [MetricFamily]

  /// - Parameter families: every metric, in the order they are shown; each one has HELP and TYPE
  ///   before it is used.
  package init(_ families: [MetricFamily]) {
    self.families = families
  }

  /// - Parameter labels: one value for each of the family's labels.
  package func add(_ family: MetricFamily, _ labels: [String] = [], _ amount: Double = 1) {
    state.withLock { state in
      let labels = bounded(labels, in: state.values[family])
      state.values[family, default: [:]][labels, default: 0] += amount
    }
  }

  package func set(_ family: MetricFamily, _ labels: [String] = [], to value: Double) {
    state.withLock { $0.values[family, default: [:]][labels] = value }
  }

  /// As `set`, for a family whose one series changes its labels.
  package func setOnly(_ family: MetricFamily, _ labels: [String], to value: Double) {
    state.withLock { $0.values[family] = [labels: value] }
  }

  package func observe(_ family: MetricFamily, _ labels: [String] = [], _ duration: Duration) {
    let seconds = duration / .seconds(1)
    state.withLock { state in
      let labels = bounded(labels, in: state.histograms[family])
      state.histograms[family, default: [:]][labels, default: Histogram()].add(seconds)
    }
  }

  package func text() -> String {
    let (values, histograms) = state.withLock { ($0.values, $0.histograms) }
    var lines: [String] = []
    for family in families {
      lines.append("# HELP \(family.name) \(family.help)")
      lines.append("# TYPE \(family.name) \(family.kind.rawValue)")
      for (labels, value) in sorted(values[family]) {
        lines.append("\(family.name)\(family.braced(labels)) \(spelled(value))")
      }
      for (labels, histogram) in sorted(histograms[family]) {
        lines += histogram.lines(family, labels)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func bounded<Value>(_ labels: [String], in series: [[String]: Value]?) -> [String] {
    guard let series, series.count >= Self.seriesLimit, series[labels] == nil else { return labels }
    return labels.map { _ in "other" }
  }

  private func sorted<Value>(_ series: [[String]: Value]?) -> [(key: [String], value: Value)] {
    (series ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }
}

extension Metrics.Histogram {
  fileprivate func lines(_ family: MetricFamily, _ labels: [String]) -> [String] {
    var total = 0
    var lines = zip(Metrics.buckets, counts).map { bound, count in
      total += count
      return "\(family.name)_bucket\(family.braced(labels, le: spelled(bound))) \(total)"
    }
    lines.append("\(family.name)_bucket\(family.braced(labels, le: "+Inf")) \(count)")
    lines.append("\(family.name)_sum\(family.braced(labels)) \(sum)")
    lines.append("\(family.name)_count\(family.braced(labels)) \(count)")
    return lines
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

private func spelled(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}
