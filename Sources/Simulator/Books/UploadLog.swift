// SPDX-License-Identifier: Apache-2.0

/// What every upload request number brought, for tests that audit the books.
struct UploadLog: Sendable {
  struct Entry: Sendable, Equatable {
    var merchant: String
    var number: String
    var batchID: String
    /// The list as it was sent, repetitions included.
    var list: [CouponCode]
    /// Every code that this number imported.
    var imported: [CouponCode]
    /// How often it was accepted with this content.
    var times: Int
    /// How often it came with other content and was refused.
    var conflicts: Int
  }

  private(set) var entries: [Entry] = []
  private var indices: [RequestLedger.Key: Int] = [:]

  mutating func accepted(
    _ key: RequestLedger.Key, batchID: String, list: [CouponCode], imported: [CouponCode]
  ) {
    guard let index = indices[key] else {
      indices[key] = entries.count
      entries.append(
        Entry(
          merchant: key.merchant, number: key.number.text, batchID: batchID, list: list,
          imported: imported,
          times: 1, conflicts: 0))
      return
    }
    entries[index].times += 1
    entries[index].imported += imported
  }

  mutating func conflicted(_ key: RequestLedger.Key) {
    if let index = indices[key] { entries[index].conflicts += 1 }
  }
}
