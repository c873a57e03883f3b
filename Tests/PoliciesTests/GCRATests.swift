// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import Policies
import TestSupport
import Testing

@Suite("GCRA")
struct GCRATests {
  /// A row of `Tests/Vectors/GCRA`: at a moment, so many requests at once.
  struct Row: Sendable, CustomTestStringConvertible {
    let number: Int
    let now: Int64
    let quantity: Int
    let remaining: Int
    let reset: Int64
    let retry: Int64?
    let isLimited: Bool

    var testDescription: String { "row \(number)" }
  }

  static let sources = ["throttled.tsv", "redis-cell.tsv"]

  static func rows(_ file: String) throws -> [Row] {
    try Repository.text("Tests/Vectors/GCRA/\(file)").split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map { line in
        let fields = line.split(separator: "\t").map(String.init)
        try #require(fields.count == 7)
        let numbers = try fields.prefix(6).map { try #require(Int64($0)) }
        return Row(
          number: Int(numbers[0]), now: numbers[1] * 1_000_000, quantity: Int(numbers[2]),
          remaining: Int(numbers[3]), reset: numbers[4] * 1_000_000,
          retry: numbers[5] < 0 ? nil : numbers[5] * 1_000_000, isLimited: fields[6] == "limited")
      }
  }

  @Test("the published vectors of throttled and redis-cell hold", arguments: sources)
  func publishedVectors(_ file: String) throws {
    // 1 per second, `max_burst` 4: here a burst is what may come at once, which is one more.
    let gcra = GCRA(rate: 1, perNanoseconds: 1_000_000_000, burst: 4 + 1)
    let rows = try Self.rows(file)
    #expect(rows.count == 15)
    var arrival = rows[0].now
    for row in rows {
      // Several at once are several requests of one moment, all admitted or none.
      var reserved = arrival
      var wait: Int64 = 0
      for _ in 0..<row.quantity {
        let decision = gcra.decide(arrival: reserved, now: row.now)
        wait = decision.waitNanoseconds
        reserved = decision.reserved(after: wait)
      }
      #expect((wait > 0) == row.isLimited, "row \(row.number)")
      if let retry = row.retry { #expect(wait == retry, "row \(row.number)") }
      if wait == 0 { arrival = reserved }
      #expect(gcra.remaining(arrival: arrival, now: row.now) == row.remaining, "row \(row.number)")
      #expect(max(0, arrival - row.now) == row.reset, "row \(row.number)")
    }
  }

  @Test("a decision says what is left, when it is full again and how long to wait")
  func decision() {
    let gcra = GCRA(rate: 10, perNanoseconds: 1_000_000_000, burst: 2)
    let first = gcra.decide(arrival: 0, now: 0)
    #expect(first.isAdmitted && first.remaining == 1 && first.resetNanoseconds == 100_000_000)
    let second = gcra.decide(arrival: first.arrival, now: 0)
    #expect(second.isAdmitted && second.remaining == 0 && second.resetNanoseconds == 200_000_000)
    let third = gcra.decide(arrival: second.arrival, now: 30_000_000)
    #expect(!third.isAdmitted && third.waitNanoseconds == 70_000_000)
    #expect(third.arrival == second.arrival, "a refused request uses nothing")
    #expect(gcra.decide(arrival: third.arrival, now: 99_999_999).waitNanoseconds == 1)
    #expect(gcra.decide(arrival: third.arrival, now: 100_000_000).isAdmitted)
  }

  @Test(
    "an interval that is no whole number of nanoseconds is rounded to the stricter side",
    arguments: [(3, 333_333_334), (7, 142_857_143), (1_000_000, 1000), (2_000_000_000, 1)])
  func rounding(rate: Int, interval: Int64) {
    let gcra = GCRA(rate: rate, perNanoseconds: 1_000_000_000, burst: 1)
    #expect(gcra.intervalNanoseconds == interval)
  }

  @Test("the largest limits that a configuration can name do not overflow")
  func largestLimits() {
    for per in [86_400_000_000_000, Int64.max] {
      let gcra = GCRA(rate: 1, perNanoseconds: per, burst: 1_000_000)
      let now: Int64 = 3_000_000_000_000_000
      var arrival = now
      var admitted = 0
      for _ in 0..<100 {
        let decision = gcra.decide(arrival: arrival, now: now)
        arrival = decision.arrival
        if decision.isAdmitted { admitted += 1 }
        #expect(decision.remaining >= 0)
      }
      #expect(admitted >= 1)
      let slowed = gcra.slowed(share: 16, of: 1024)
      #expect(slowed.intervalNanoseconds > 0 && slowed.windowNanoseconds > 0)
    }
  }

  @Test("a slowed limit is never looser than the one it comes from, at any rate and share")
  func slowedIsStricter() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    for _ in 0..<2000 {
      let gcra = GCRA(
        rate: .random(in: 1...1_000_000, using: &random),
        perNanoseconds: .random(in: 1_000_000...60_000_000_000, using: &random),
        burst: .random(in: 1...1_000_000, using: &random))
      let slowed = gcra.slowed(share: .random(in: 16...1023, using: &random), of: 1024)
      #expect(slowed.intervalNanoseconds >= gcra.intervalNanoseconds, "seed \(seed)")
      // A request passes while the state is at most so far ahead of the clock.
      #expect(
        slowed.windowNanoseconds - slowed.intervalNanoseconds
          <= gcra.windowNanoseconds - gcra.intervalNanoseconds, "seed \(seed): \(gcra), \(slowed)")
    }
  }
}
