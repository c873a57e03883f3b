// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import GatewayCore
internal import OpenAPI

/// The latest problems of each kind, for people who ask what is wrong. Holds neither messages nor
/// causes, which may quote what a caller or WeChat Pay sent.
final class RecentProblems: Sendable {
  struct Kind: Hashable, Sendable {
    var code: String
    var source: String
    var operation: String?
    var merchant: MerchantID?
  }

  struct Entry: Sendable {
    var kind: Kind
    var status: Int
    var title: LocalizedText
    var advice: LocalizedText
    var count = 0
    /// Of the latest one.
    var requestID: RequestID
    var caller: String?
    /// Seconds since 1970.
    var last: Int64
  }

  /// Kinds that are kept; the one that is longest ago makes room.
  private static let limit = 50

  private let entries = Guarded<[Kind: Entry]>([:])

  func note(_ entry: Entry) {
    entries.withLock { entries in
      var entry = entry
      entry.count = (entries[entry.kind]?.count ?? 0) + 1
      entries[entry.kind] = entry
      guard entries.count > Self.limit else { return }
      let oldest = entries.values.min { $0.last < $1.last }
      if let oldest { entries[oldest.kind] = nil }
    }
  }

  /// Newest first.
  var all: [Entry] {
    entries.withLock { Array($0.values) }.sorted {
      ($1.last, $0.kind.code) < ($0.last, $1.kind.code)
    }
  }
}
