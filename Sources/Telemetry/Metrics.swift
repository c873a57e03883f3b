// SPDX-License-Identifier: Apache-2.0
internal import Concurrency

/// Counters and histograms by family and labels, and the Prometheus text format 0.0.4 of them.
///
/// Finding a series hashes its labels behind a lock; counting in one does neither.
package final class Metrics: Sendable {
  /// A value that is read when it is asked for: every gauge, and counters that other parts keep.
  package struct Sample: Sendable {
    package var family: MetricFamily
    package var labels: [String]
    package var value: Double

  }

  private struct Series: Sendable {
    var counters: [MetricFamily: [[String]: Counter]] = [:]
    var histograms: [MetricFamily: [[String]: Histogram]] = [:]
  }

  /// Series of one metric. What comes on top of them is counted under `other`, so that no input
  /// makes metrics grow.
  package static let seriesLimit = 5000

  private let series = Guarded(Series())
  private let families: [MetricFamily]

  /// - Parameter families: every metric, in the order they are shown; each one has HELP and TYPE
  ///   before it is used.
  package init(_ families: [MetricFamily]) {
    self.families = families
  }

  /// The counter of these labels, 0 from now on when it is new.
  ///
  /// - Parameter labels: one value for each of the family's labels.
  package func counter(_ family: MetricFamily, _ labels: [String] = []) -> Counter {
    series.withLock { series in
      Self.find(labels, in: &series.counters[family, default: [:]], Counter.init)
    }
  }

  /// The histogram of these labels, empty when it is new.
  package func histogram(_ family: MetricFamily, _ labels: [String] = []) -> Histogram {
    series.withLock { series in
      Self.find(labels, in: &series.histograms[family, default: [:]], Histogram.init)
    }
  }

  private static func find<Value>(
    _ labels: [String], in series: inout [[String]: Value], _ make: () -> Value
  ) -> Value {
    if let known = series[labels] { return known }
    let labels = series.count < seriesLimit ? labels : labels.map { _ in "other" }
    if let known = series[labels] { return known }
    let new = make()
    series[labels] = new
    return new
  }

  /// What the counters of a family have come to, for reports.
  package func totals(of family: MetricFamily) -> [(labels: [String], value: Int)] {
    series.withLock { $0.counters[family] ?? [:] }.map { ($0.key, $0.value.value) }
  }

  /// - Parameter samples: shown with the others, as many of a family as a metric may have.
  package func text(_ samples: [Sample] = []) -> String {
    let series = series.withLock { $0 }
    let samples = Dictionary(grouping: samples, by: \.family)
    var text = MetricsText()
    for family in families {
      text.append(family)
      for (labels, counter) in Self.sorted(series.counters[family]) {
        text.append(family, labels, String(counter.value))
      }
      for (labels, histogram) in Self.sorted(series.histograms[family]) {
        text.append(family, labels, histogram)
      }
      for sample in samples[family]?.prefix(Self.seriesLimit) ?? [] {
        text.append(family, sample.labels, spelled(sample.value))
      }
    }
    return text.text
  }

  private static func sorted<Value>(
    _ series: [[String]: Value]?
  ) -> [(key: [String], value: Value)] {
    (series ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }
}
