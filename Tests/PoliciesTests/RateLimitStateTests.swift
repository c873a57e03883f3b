// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import Policies
import TestSupport
import Testing

@Suite("Rate limit state")
struct RateLimitStateTests {
  static let second: Int64 = 1_000_000_000

  /// What one random course of arrivals is like.
  struct Course: Sendable, CustomTestStringConvertible {
    var name: String
    var maxWait: Int64 = 0
    var withOperation = false
    var adaptive = false

    var testDescription: String { name }
  }

  static let courses = [
    Course(name: "plain"),
    Course(name: "waiting", maxWait: 3 * second),
    Course(name: "with an operation's own limit", withOperation: true),
    Course(
      name: "waiting, with an operation's own limit", maxWait: 30 * second, withOperation: true),
    Course(name: "slowed down now and then", adaptive: true),
    Course(
      name: "everything at once", maxWait: 2 * second, withOperation: true, adaptive: true),
  ]

  @Test(
    "never more than burst + rate × t requests go in any window of length t", arguments: courses)
  func exactBound(_ course: Course) {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    for _ in 0..<20 { run(course, seed: seed, &random) }
  }

  private func run(_ course: Course, seed: UInt64, _ random: inout SplitMix) {
    let merchant = MerchantID("1900000001")
    let rate = Int.random(in: 1...200, using: &random)
    let per = Int64.random(in: 1_000_000...(10 * Self.second), using: &random)
    let burst = Int.random(in: 1...40, using: &random)
    let gcra = GCRA(rate: rate, perNanoseconds: per, burst: burst)
    let slower = GCRA(
      rate: max(1, rate / 3), perNanoseconds: per, burst: .random(in: 1...3, using: &random))
    let state = RateLimitState()
    var now: Int64 = 1_000_000
    var all: [Int64] = []
    var ofOperation: [Int64] = []
    for _ in 0..<300 {
      // Crowds and pauses.
      if Bool.random(using: &random) {
        now += .random(in: 0...(2 * gcra.intervalNanoseconds), using: &random)
      }
      if Int.random(in: 0..<40, using: &random) == 0 { now += 5 * gcra.windowNanoseconds }
      if course.adaptive, Int.random(in: 0..<30, using: &random) == 0 {
        state.slowDown(merchant, now: now)
      }
      let isOperation = course.withOperation && Bool.random(using: &random)
      let decision = state.admit(
        merchant, limit: gcra,
        operation: isOperation ? .init(operation: "slow", gcra: slower) : nil,
        maxWaitNanoseconds: course.maxWait, now: now)
      guard decision.waitNanoseconds <= course.maxWait else { continue }
      all.append(now + decision.waitNanoseconds)
      if isOperation { ofOperation.append(now + decision.waitNanoseconds) }
    }
    expectBound(all, rate, per, burst, "\(course.name), seed \(seed)")
    expectBound(
      ofOperation, max(1, rate / 3), per, Int(slower.burst),
      "operation, \(course.name), seed \(seed)")
    #expect(!all.isEmpty)
  }

  /// Every window that begins and ends with a request; the others hold no more.
  private func expectBound(
    _ times: [Int64], _ rate: Int, _ per: Int64, _ burst: Int, _ name: String
  ) {
    let times = times.sorted()
    for first in times.indices {
      for last in first..<times.count {
        let count = Int128(last - first + 1)
        let length = Int128(times[last] - times[first])
        // count <= burst + rate × length ÷ per, without division.
        guard (count - Int128(burst)) * Int128(per) > Int128(rate) * length else { continue }
        Issue.record("\(count) in \(length) ns at \(rate) per \(per) ns, burst \(burst): \(name)")
        return
      }
    }
  }

  @Test("a request that the operation's limit refuses uses nothing of the merchant's quota")
  func refusedByOperation() {
    let state = RateLimitState()
    let merchant = MerchantID("1")
    let limit = GCRA(rate: 10, perNanoseconds: Self.second, burst: 10)
    let strict = RateLimitState.OperationLimit(
      operation: "strict", gcra: GCRA(rate: 1, perNanoseconds: 60 * Self.second, burst: 1))
    func admit(_ operation: RateLimitState.OperationLimit?) -> RateLimitState.Decision {
      state.admit(merchant, limit: limit, operation: operation, maxWaitNanoseconds: 0, now: 0)
    }
    #expect(admit(strict).waitNanoseconds == 0)
    #expect(admit(strict).waitNanoseconds == 60 * Self.second)
    #expect(admit(strict).waitNanoseconds == 60 * Self.second)
    #expect(admit(nil).quota.remaining == 8)
    #expect(state.quota(of: merchant, limit: limit, now: 0).remaining == 8)
  }

  @Test("when the caller's limit refuses, the merchant's quota is whole, and the other way round")
  func refusedByCaller() {
    let state = RateLimitState()
    let limit = GCRA(rate: 2, perNanoseconds: Self.second, burst: 2)
    let strict = RateLimitState.CallerLimit(
      caller: "strict", gcra: GCRA(rate: 1, perNanoseconds: 60 * Self.second, burst: 1))
    let loose = RateLimitState.CallerLimit(
      caller: "loose", gcra: GCRA(rate: 9, perNanoseconds: Self.second, burst: 9))
    func admit(
      _ merchant: String, _ caller: RateLimitState.CallerLimit
    ) -> RateLimitState.Decision {
      state.admit(
        MerchantID(merchant), limit: limit, operation: nil, caller: caller, maxWaitNanoseconds: 0,
        now: 0)
    }
    #expect(admit("1", strict).waitNanoseconds == 0)
    // Over the caller's limit with any merchant, which loses nothing by it.
    for merchant in ["1", "2"] {
      let refused = admit(merchant, strict)
      #expect(refused.waitNanoseconds == 60 * Self.second)
      #expect(refused.strictest == .caller)
      #expect(refused.callerQuota?.remaining == 0)
    }
    #expect(state.quota(of: MerchantID("1"), limit: limit, now: 0).remaining == 1)
    #expect(state.quota(of: MerchantID("2"), limit: limit, now: 0).remaining == 2)
    // Over the merchant's limit, and the caller loses nothing by it.
    #expect(admit("1", loose).callerQuota?.remaining == 8)
    let refused = admit("1", loose)
    #expect(refused.strictest == .merchant)
    #expect(refused.callerQuota?.remaining == 8)
    #expect(state.quota(ofCaller: loose, now: 0).remaining == 8)
  }

  @Test("a request that waits for its merchant counts for its caller when it goes")
  func callerWaits() {
    let state = RateLimitState()
    let limit = GCRA(rate: 1, perNanoseconds: Self.second, burst: 1)
    let caller = RateLimitState.CallerLimit(
      caller: "c", gcra: GCRA(rate: 1, perNanoseconds: 10 * Self.second, burst: 1))
    let first = state.admit(
      MerchantID("1"), limit: limit, operation: nil, caller: nil,
      maxWaitNanoseconds: 0, now: 0)
    #expect(first.waitNanoseconds == 0)
    let second = state.admit(
      MerchantID("1"), limit: limit, operation: nil, caller: caller,
      maxWaitNanoseconds: 5 * Self.second, now: 0)
    #expect(second.waitNanoseconds == Self.second)
    // Not before ten seconds after the second one went.
    let third = state.admit(
      MerchantID("2"), limit: limit, operation: nil, caller: caller, maxWaitNanoseconds: 0, now: 0)
    #expect(third.waitNanoseconds == 11 * Self.second)
  }

  @Test("one merchant's requests use nothing of another's, nor one operation's of another's")
  func apart() {
    let state = RateLimitState()
    let one = GCRA(rate: 1, perNanoseconds: Self.second, burst: 1)
    let many = GCRA(rate: 100, perNanoseconds: Self.second, burst: 100)
    for merchant in ["1", "2", "3"] {
      #expect(
        state.admit(
          MerchantID(merchant), limit: one, operation: nil, maxWaitNanoseconds: 0, now: 0
        ).waitNanoseconds == 0)
    }
    for operation in ["a", "b", "c"] {
      #expect(
        state.admit(
          MerchantID("4"), limit: many, operation: .init(operation: operation, gcra: one),
          maxWaitNanoseconds: 0, now: 0
        ).waitNanoseconds == 0)
    }
    #expect(
      state.admit(MerchantID("1"), limit: one, operation: nil, maxWaitNanoseconds: 0, now: 0)
        .waitNanoseconds == Self.second)
  }

  @Test("very many merchants that come once each do not stay in memory")
  func boundedMemory() {
    let state = RateLimitState()
    let limit = GCRA(rate: 10, perNanoseconds: Self.second, burst: 10)
    var largest = 0
    for number in 0..<200_000 {
      // A hundred new merchants a millisecond: each has its quota back 100 milliseconds later.
      let now = Int64(number) * 10_000
      _ = state.admit(
        MerchantID(String(number)), limit: limit, operation: nil, maxWaitNanoseconds: 0, now: now)
      if number % 10_000 == 0 { largest = max(largest, state.count) }
    }
    // 10,000 are active at any time; between sweeps there are twice as many, or what a shard holds
    // before its first sweep.
    #expect(largest <= 50_000)
    #expect(state.count <= 50_000)
  }
}
