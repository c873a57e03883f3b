// SPDX-License-Identifier: Apache-2.0
internal import Cryptography

/// Which request numbers were used, with what content, and what they were answered.
struct RequestLedger: Sendable {
  /// Numbers count per merchant and kind of request ("商户侧需保持唯一性").
  struct Key: Sendable, Hashable {
    var merchant: String
    var operation: String
    var number: CouponCode

    init(merchant: String, operation: String, number: String) {
      self.merchant = merchant
      self.operation = operation
      // Compared by bytes, like codes.
      self.number = CouponCode(number)
    }
  }

  private struct Entry: Sendable {
    var digest: [UInt8]
    var answer: Answer
  }

  enum Use: Equatable {
    case new
    /// The same content came before and was answered so.
    case repeated(Answer)
    /// The number belongs to other content.
    case otherContent
  }

  /// More numbers than any test uses; beyond it the stand-in refuses instead of growing.
  static let limit = 2_000_000

  private var entries: [Key: Entry] = [:]

  var isFull: Bool { entries.count >= Self.limit }

  func use(_ key: Key, content: [UInt8]) -> Use {
    guard let entry = entries[key] else { return .new }
    return entry.digest == SHA256.hash(content) ? .repeated(entry.answer) : .otherContent
  }

  /// Remembers the first answer; later ones for the same number change nothing.
  mutating func record(_ key: Key, content: [UInt8], answer: Answer) {
    if entries[key] == nil { entries[key] = Entry(digest: SHA256.hash(content), answer: answer) }
  }
}
