// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

/// Answers that are safely in the file, kept in memory too, so that a replay does not have to wait
/// for the thread.
///
/// What it says is final: an answered number changes in no way before it expires. Holds the latest
/// answers only.
struct AnswerCache: Sendable {
  /// What a committed transaction means for the cache, in order.
  enum Change: Sendable {
    case answered(NumberDigest, NumberRecord, StoredAnswer)
    /// The number was claimed anew, or again.
    case claimed(NumberDigest)
  }

  private struct Entry: Sendable {
    let record: NumberRecord
    let answer: StoredAnswer
    let bytes: Int
  }

  private var entries: [NumberDigest: Entry] = [:]
  /// In the order of coming; may name numbers that have left.
  private var order: [NumberDigest] = []
  private var oldest = 0
  private(set) var bytes = 0

  private let maximumBytes: Int
  /// About what an entry takes besides its body.
  private static let bytesPerEntry = 400

  /// - Parameter maximumBytes: 6 MiB hold about 8,000 answers to an upload of two codes.
  init(maximumBytes: Int = 6 * 1024 * 1024) { self.maximumBytes = maximumBytes }

  var count: Int { entries.count }

  /// What a claim is told, if the cache can say it.
  func reply(to digest: NumberDigest, fingerprint: Fingerprint, now: Int64) -> StoreReply? {
    guard let entry = entries[digest] else { return nil }
    let decision = NumberRecord.claim(
      found: entry.record, fingerprint: fingerprint, expiresAt: now, now: now)
    return switch decision {
    case .replay: .answered(entry.answer)
    case .refuse: .otherContent
    case .grant: nil
    }
  }

  mutating func apply(_ changes: [Change]) {
    for change in changes {
      switch change {
      case .claimed(let digest): remove(digest)
      case .answered(let digest, let record, let answer):
        let entry = Entry(
          record: record, answer: answer, bytes: answer.body.count + Self.bytesPerEntry)
        guard entry.bytes <= maximumBytes / 16 else { continue }
        remove(digest)
        entries[digest] = entry
        bytes += entry.bytes
        order.append(digest)
      }
    }
    // The second bound is for numbers that left the cache and are still in the list.
    while oldest < order.count,
      bytes > maximumBytes || order.count - oldest > 2 * entries.count + 1024
    {
      remove(order[oldest])
      oldest += 1
    }
    // Rare enough to cost little for each answer, often enough to keep the list as small as the
    // cache.
    if oldest > 1024, oldest > order.count / 2 {
      order.removeFirst(oldest)
      oldest = 0
    }
  }

  private mutating func remove(_ digest: NumberDigest) {
    if let entry = entries.removeValue(forKey: digest) { bytes -= entry.bytes }
  }
}
