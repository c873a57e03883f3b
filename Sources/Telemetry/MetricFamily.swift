// SPDX-License-Identifier: Apache-2.0

/// A metric's definition: its name, what it says, and the names of its labels, whose values come
/// from closed sets.
package struct MetricFamily: Sendable, Hashable {
  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  package let name: String
  package let help: String
  package let kind: Kind
  package let labels: [String]

  /// - Parameter name: without the prefix `wxpay_gateway_`.
  package init(_ kind: Kind, _ name: String, _ help: String, labels: [String] = []) {
    self.kind = kind
    self.name = "wxpay_gateway_" + name
    self.help = help
    self.labels = labels
  }

  /// A value read just now, with one label for each of `labels`.
  package func sample(_ value: Double, _ labels: String...) -> Metrics.Sample {
    Metrics.Sample(family: self, labels: labels, value: value)
  }

  package func sample(_ value: Int, _ labels: String...) -> Metrics.Sample {
    Metrics.Sample(family: self, labels: labels, value: Double(value))
  }

  package static func == (a: MetricFamily, b: MetricFamily) -> Bool { a.name == b.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
