// SPDX-License-Identifier: Apache-2.0
internal import TestSupport
internal import Testing

@testable internal import Simulator

@Suite struct CodePoolTests {
  private let moment = Fixture.start

  private func codes(_ texts: [String]) -> [CouponCode] { texts.map { CouponCode($0) } }

  @Test(
    "new, existing, repeated and malformed codes are told apart, each once and in the order of the request"
  )
  func report() throws {
    var pool = CodePool(uploadLimit: 100)
    _ = pool.upload(codes(["OLD1", "OLD2"]), requestNumber: "1", at: moment)
    let long = String(repeating: "A", count: 33)
    let list = codes(["NEW2", "OLD2", long, "NEW1", "NEW2", "OLD2", "NEW2", long, "", "A\tB"])
    let uploaded = pool.upload(list, requestNumber: "2", at: moment)
    let report = try #require(uploaded)
    #expect(report.total == 6)
    #expect(report.imported == codes(["NEW2", "NEW1"]))
    #expect(report.existing == codes(["OLD2"]))
    #expect(report.repeated == codes(["NEW2", "OLD2", long]))
    #expect(report.failed == codes([long, "", "A\tB"]))
    #expect(pool.codes == codes(["OLD1", "OLD2", "NEW2", "NEW1"]))
    #expect(pool.entries[CouponCode("NEW1")]?.uploadRequestNumber == "2")
  }

  @Test(
    "the documented characters are allowed and 32 of them",
    arguments: ["a", "Z9 -_\\/=|*", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"])
  func allowed(text: String) {
    #expect(CouponCode(text).fault == nil)
  }

  @Test(
    "other codes fail with a reason",
    arguments: [
      ("", "LENGTH_LIMIT"), ("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", "LENGTH_LIMIT"),
      ("a\tb", "CHARACTER_LIMIT"),
      ("a\n", "CHARACTER_LIMIT"), ("é", "CHARACTER_LIMIT"), ("券", "CHARACTER_LIMIT"),
      ("a+b", "CHARACTER_LIMIT"),
      ("a\u{0}", "CHARACTER_LIMIT"),
    ])
  func notAllowed(text: String, code: String) {
    #expect(CouponCode(text).fault?.code == code)
  }

  @Test("the words for a code that is too long are the documented ones")
  func documentedFault() {
    #expect(
      CouponCode(String(repeating: "x", count: 33)).fault
        == .init(code: "LENGTH_LIMIT", message: "长度超过最大值32位"))
  }

  @Test("codes that only Unicode calls equal are two")
  func byteEquality() throws {
    var pool = CodePool(uploadLimit: 10)
    let list = codes(["\u{E9}", "e\u{301}"])
    let uploaded = pool.upload(list, requestNumber: "1", at: moment)
    let report = try #require(uploaded)
    #expect(report.total == 2)
    #expect(report.repeated.isEmpty)
  }

  @Test("an upload that does not fit imports nothing, and one that fits exactly is taken")
  func limit() {
    var pool = CodePool(uploadLimit: 3)
    let steps: [(list: [String], imported: [String]?)] = [
      (["A", "B"], ["A", "B"]), (["C", "D"], nil), (["A", "B", "C"], ["C"]), (["A", "C"], []),
      (["D"], nil),
    ]
    for (number, step) in steps.enumerated() {
      let report = pool.upload(codes(step.list), requestNumber: "\(number)", at: moment)
      #expect(report?.imported == step.imported.map { codes($0) }, "step \(number)")
    }
    #expect(pool.codes == codes(["A", "B", "C"]))
  }

  @Test("deleting and dispatching end a code's availability")
  func availability() {
    var pool = CodePool(uploadLimit: 10)
    _ = pool.upload(codes(["A", "B"]), requestNumber: "1", at: moment)
    let deletions = [pool.delete(CouponCode("A")), pool.delete(CouponCode("A"))]
    #expect(deletions == [true, false])
    let dispatches = [CouponCode("A"), nil, nil].map { pool.dispatch($0, to: "o1", at: moment) }
    #expect(dispatches == [nil, CouponCode("B"), nil])
    let late = pool.delete(CouponCode("B"))
    #expect(!late)
    #expect(pool.codes == codes(["B"]))
    #expect(pool.availableCount == 0)
    #expect(pool.entries[CouponCode("B")]?.dispatched?.openid == "o1")
  }

  /// The bookkeeping written once more, in the plainest way: lists and counting.
  private struct Model {
    var stored: [String] = []
    var uploaded = 0

    mutating func upload(_ list: [String], limit: Int) -> (
      total: Int, new: [String], old: [String], twice: [String], bad: [String]
    )? {
      var distinct: [String] = []
      for text in list where !distinct.contains(text) { distinct.append(text) }
      let bad = distinct.filter { !(1...32).contains($0.count) || $0.contains("!") }
      let old = distinct.filter { stored.contains($0) }
      let new = distinct.filter { !bad.contains($0) && !old.contains($0) }
      let twice = distinct.filter { text in list.count { $0 == text } > 1 }
      guard uploaded + new.count <= limit else { return nil }
      uploaded += new.count
      stored += new
      return (distinct.count, new, old, twice.sorted(), bad)
    }
  }

  @Test(
    "over random uploads the books agree with a model, and the counts add up", arguments: 0..<20)
  func laws(round: Int) {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    let limit = Int.random(in: 20...80, using: &generator)
    var pool = CodePool(uploadLimit: limit)
    var model = Model()
    for step in 0..<60 {
      let list = (0..<Int.random(in: 1...12, using: &generator)).map { _ -> String in
        let text = "C\(Int.random(in: 0..<60, using: &generator))"
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: return text + "!"
        case 1: return String(repeating: text, count: 17)
        case 2: return ""
        default: return text
        }
      }
      let report = pool.upload(codes(list), requestNumber: "\(step)", at: moment)
      let expected = model.upload(list, limit: limit)
      #expect((report == nil) == (expected == nil), "seed \(seed), step \(step)")
      guard let report, let expected else { continue }
      #expect(
        report.total == report.imported.count + report.existing.count + report.failed.count,
        "seed \(seed)")
      #expect(report.total == expected.total, "seed \(seed), step \(step)")
      #expect(report.imported.map(\.text) == expected.new, "seed \(seed), step \(step)")
      #expect(report.existing.map(\.text) == expected.old, "seed \(seed), step \(step)")
      #expect(report.repeated.map(\.text).sorted() == expected.twice, "seed \(seed), step \(step)")
      #expect(report.failed.map(\.text) == expected.bad, "seed \(seed), step \(step)")
    }
    #expect(pool.codes.map(\.text) == model.stored, "seed \(seed)")
    #expect(pool.codes.count <= limit, "seed \(seed)")
    #expect(pool.availableCount == pool.codes.count, "seed \(seed)")
  }
}
