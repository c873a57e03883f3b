// SPDX-License-Identifier: Apache-2.0
internal import Telemetry

/// The reference of `/metrics`, from the definitions of the metrics.
struct MetricsReference {
  var markdown: String {
    let rows = GatewayMetrics.all.map { family in
      let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
      return "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help) |"
    }
    return """
      # Metrics reference

      <!-- Made by `make docs` from Sources/Gateway/GatewayMetrics.swift. Do not edit. -->

      `/metrics` on the admin listener, in the Prometheus text format 0.0.4. Times are in seconds. The values of labels come
      from closed sets; a metric has at most 5,000 series, and what comes on top is counted under `other`.

      | metric | type | labels | meaning |
      |---|---|---|---|
      \(rows.joined(separator: "\n"))

      """
  }
}
