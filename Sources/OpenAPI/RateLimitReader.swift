// SPDX-License-Identifier: Apache-2.0
import JSON

/// Reads `x-rate-limit`: `{ limit: 1000, per: 60s }` or `{ rate: 20, per: 1s, burst: 20 }`.
struct RateLimitReader {
  let loader: DocumentLoader

  /// A limit above this cannot be told apart from none.
  private static let maximumLimit = 1_000_000

  func read(_ node: DocumentNode?) -> OperationRateLimit? {
    guard let node else { return nil }
    let isRate = node["rate"] != nil
    (isRate ? KnownMembers.rate : KnownMembers.rateLimit).check(node, loader)
    guard node.value.objectValue != nil else { return nil }
    let amount = count(isRate ? "rate" : "limit", in: node)
    let burst = node["burst"] == nil ? amount : count("burst", in: node)
    let period = node["per"]?.value.stringValue.flatMap(Self.duration)
    if period == nil {
      loader.report(
        node["per"] ?? node, "has no span of time",
        remedy: "Write per: 60s; units are ms, s, m and h.")
    }
    guard let amount, let burst, let period else { return nil }
    return isRate
      ? OperationRateLimit(rate: amount, per: period, burst: burst)
      : OperationRateLimit(limit: amount, per: period)
  }

  private func count(_ name: String, in node: DocumentNode) -> Int? {
    if let count = node[name]?.value.intValue, (1...Self.maximumLimit).contains(count) {
      return count
    }
    loader.report(
      node[name] ?? node, "has no \(name) from 1 to \(Self.maximumLimit)",
      remedy: """
        Write { limit: 1000, per: 60s } for at most 1000 requests in 60 seconds, or \
        { rate: 20, per: 1s, burst: 20 }.
        """)
    return nil
  }

  /// `500ms`, `60s`, `1m`, `1h`: a whole number from 1 and a unit.
  static func duration(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), number > 0, digits.count <= 9 else { return nil }
    return switch text.dropFirst(digits.count) {
    case "ms": .milliseconds(number)
    case "s": .seconds(number)
    case "m": .seconds(number * 60)
    case "h": .seconds(number * 3600)
    default: nil
    }
  }
}
