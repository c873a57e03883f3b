// SPDX-License-Identifier: Apache-2.0

/// The nonces that each merchant used lately.
///
/// A nonce is remembered until its timestamp can no longer be accepted; after that the age of the
/// request refuses a repetition. So memory is bounded by what arrives within the window.
struct NonceMemory: Sendable {
  /// How far a timestamp may be off, in seconds. Source: WeChat Pay,
  /// "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟".
  static let windowSeconds: Int64 = 300

  private struct Use: Hashable {
    var merchant: String
    var nonce: String
  }

  private var uses: Set<Use> = []
  private var byArrival: [(use: Use, forgetAfter: Int64)] = []
  private var oldest = 0

  var count: Int { uses.count }

  /// - Returns: `false` when this merchant used the nonce before.
  mutating func insert(_ nonce: String, of merchant: String, now: Moment) -> Bool {
    forget(before: now.secondsSince1970)
    let use = Use(merchant: merchant, nonce: nonce)
    guard uses.insert(use).inserted else { return false }
    // A request stamped 300 s ahead of now stays acceptable for twice the window.
    byArrival.append((use, now.secondsSince1970 + 2 * Self.windowSeconds))
    return true
  }

  private mutating func forget(before now: Int64) {
    while oldest < byArrival.count, byArrival[oldest].forgetAfter < now {
      uses.remove(byArrival[oldest].use)
      oldest += 1
    }
    if oldest > 1024, oldest * 2 > byArrival.count {
      byArrival.removeFirst(oldest)
      oldest = 0
    }
  }
}
