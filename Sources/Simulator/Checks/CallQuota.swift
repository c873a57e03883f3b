// SPDX-License-Identifier: Apache-2.0

/// How much each merchant may do within any one second; above it WeChat Pay answers 429.
struct CallQuota: Sendable {
  /// Requests or codes per second and merchant; `nil`: no limit.
  let perSecond: Int?

  private var recent: [String: [(at: Moment, amount: Int)]] = [:]

  init(perSecond: Int?) {
    self.perSecond = perSecond
  }

  /// Spends `amount` if the last second has room for it.
  ///
  /// One call alone is admitted however much it asks for, so that a large one cannot starve for
  /// ever.
  mutating func spend(_ amount: Int, of merchant: String, now: Moment) -> Bool {
    guard let perSecond else { return true }
    var spent = recent[merchant, default: []]
    // A clock that was set back leaves entries of the future; they count for nothing.
    spent.removeAll {
      now.millisecondsSince1970 - $0.at.millisecondsSince1970 >= 1000 || $0.at > now
    }
    let total = spent.reduce(0) { $0 + $1.amount }
    let admitted = spent.isEmpty ? perSecond > 0 : total + amount <= perSecond
    if admitted { spent.append((now, amount)) }
    recent[merchant] = spent
    return admitted
  }
}
