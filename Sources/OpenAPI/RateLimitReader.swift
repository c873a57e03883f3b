// SPDX-License-Identifier: Apache-2.0
import JSON

/// Reads `x-rate-limit: { limit: 1000, per: 60s }`.
struct RateLimitReader {
  let loader: DocumentLoader

  /// A limit above this cannot be told apart from none.
  private static let maximumLimit = 1_000_000

  func read(_ node: DocumentNode?) -> OperationRateLimit? {
    guard let node else { return nil }
    KnownMembers.rateLimit.check(node, loader)
    guard node.value.objectValue != nil else { return nil }
    let limit = node["limit"]?.value.intValue
    if limit == nil || !(1...Self.maximumLimit).contains(limit ?? 0) {
      loader.report(
        node["limit"] ?? node, "has no limit from 1 to \(Self.maximumLimit)",
        remedy: "Write { limit: 1000, per: 60s } for at most 1000 requests in 60 seconds.")
    }
    let period = node["per"]?.value.stringValue.flatMap(Self.duration)
    if period == nil {
      loader.report(
        node["per"] ?? node, "has no span of time",
        remedy: "Write per: 60s; units are ms, s, m and h.")
    }
    guard let limit, let period, (1...Self.maximumLimit).contains(limit) else { return nil }
    return OperationRateLimit(limit: limit, per: period)
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
