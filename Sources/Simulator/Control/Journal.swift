// SPDX-License-Identifier: Apache-2.0
internal import HTTP

/// The last requests as they came, with what they got, and counts of all.
struct Journal: Sendable {
  struct Entry: Sendable {
    var number: Int
    var at: Moment
    var request: HTTPRequest
    var fault: Fault?
    /// `nil` while there is no answer yet.
    var status: Int?
    /// The answer's error code.
    var code: String?
  }

  private let limit: Int
  private var ring: [Entry?]
  private(set) var count = 0
  /// Answers by status; a connection that was closed instead counts as 0.
  private(set) var answersByStatus: [Int: Int] = [:]
  private(set) var answersByCode: [String: Int] = [:]

  /// - Parameter limit: how many requests are kept.
  init(limit: Int) {
    self.limit = limit
    ring = Array(repeating: nil, count: limit)
  }

  /// - Returns: the request's number, counted from 1.
  mutating func received(_ request: HTTPRequest, fault: Fault?, at moment: Moment) -> Int {
    count += 1
    if limit > 0 {
      ring[count % limit] = Entry(number: count, at: moment, request: request, fault: fault)
    }
    return count
  }

  mutating func answered(_ number: Int, status: Int, code: String?) {
    answersByStatus[status, default: 0] += 1
    if let code { answersByCode[code, default: 0] += 1 }
    guard limit > 0, ring[number % limit]?.number == number else { return }
    ring[number % limit]?.status = status
    ring[number % limit]?.code = code
  }

  /// The last `amount` requests, oldest first.
  func last(_ amount: Int) -> [Entry] {
    let first = max(1, count - min(amount, limit) + 1)
    guard limit > 0, first <= count else { return [] }
    return (first...count).compactMap { ring[$0 % limit] }
  }
}
