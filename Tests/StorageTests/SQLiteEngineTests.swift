// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import TestSupport
import Testing

@testable import Storage

@Suite("The SQLite store's work, step by step")
struct SQLiteEngineTests {
  @Test("idle sweeps take a bounded number each, say when there is more, and give the room back")
  func sweeping() throws {
    let folder = try TemporaryFolder()
    let clock = TestClock()
    var engine = try SQLiteEngine(
      path: folder.file("gateway.db"), maximumBytes: nil, clock: clock.storeClock)
    for group in 0..<10 {
      let results = engine.perform([
        (0..<100).flatMap {
          [
            .claiming("\(group)-\($0)", for: .seconds(Int64(10 + group))),
            .answering("\(group)-\($0)", String(repeating: "x", count: 3000)),
          ]
        }
      ])
      #expect(results.allSatisfy { (try? $0.get()) != nil })
    }
    try engine.checkpoint()
    let full = try folder.read("gateway.db").count
    #expect(try !engine.sweep())
    #expect(engine.tally.answered == 1000)

    clock.advance(by: .seconds(15))
    #expect(try engine.sweep())
    #expect(engine.tally.answered == 1000 - SQLiteEngine.idleSweepStep)
    while try engine.sweep() {}
    #expect(engine.tally.answered == 400, "what has not expired stays")

    clock.advance(by: .seconds(15))
    while try engine.sweep() {}
    for _ in 0..<10 { _ = try engine.sweep() }
    try engine.checkpoint()
    #expect(engine.tally == Tally())
    #expect(try folder.read("gateway.db").count < full / 10)
  }

  @Test("of 200,000 expired numbers each transaction of requests takes a few away, never a crowd")
  func grownFile() throws {
    let folder = try TemporaryFolder()
    let clock = TestClock()
    let path = folder.file("gateway.db")
    let crowd = 200_000
    do {
      var engine = try SQLiteEngine(path: path, maximumBytes: nil, clock: clock.storeClock)
      _ = engine.perform([[.claiming("kept", for: .seconds(86_400)), .answering("kept")]])
      // As months of requests would have left it.
      try engine.connection.execute(
        """
        WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < \(crowd))
        INSERT INTO request_number (key, state, start, fingerprint, expires_at, status, recovered, body)
          SELECT randomblob(32), 4, 1, zeroblob(32), n, 200, 0, zeroblob(300) FROM number;
        UPDATE store SET answered = answered + \(crowd)
        """)
    }
    let full = try folder.read("gateway.db").count
    var engine = try SQLiteEngine(path: path, maximumBytes: nil, clock: clock.storeClock)
    #expect(engine.tally.answered == crowd + 1)
    for number in 0..<200 {
      let before = engine.tally.total
      let replies = engine.perform([[.claiming("\(number)")], [.claiming("kept")]])
      #expect(try replies[0].get() == [.granted])
      #expect(try replies[1].get() == [.answered(.saying("done"))])
      let removed = before + 1 - engine.tally.total
      #expect((1...12).contains(removed), "8, and two for each operation")
    }
    var steps = 0
    while try engine.sweep() { steps += 1 }
    #expect(steps >= (crowd - 2400) / SQLiteEngine.idleSweepStep)
    #expect(engine.tally.answered == 1 && engine.tally.claimed == 200)
    while try engine.connection.integer("PRAGMA freelist_count") ?? 0 > 0 { _ = try engine.sweep() }
    try engine.checkpoint()
    #expect(try folder.read("gateway.db").count < full / 20)
  }

  @Test("while nothing can be written, what is known of a number is said all the same")
  func recalling() throws {
    let folder = try TemporaryFolder()
    let clock = TestClock()
    var engine = try SQLiteEngine(
      path: folder.file("gateway.db"), maximumBytes: nil, clock: clock.storeClock)
    _ = engine.perform([
      [.claiming("kept"), .answering("kept"), .claiming("old", for: .seconds(10))]
    ])
    clock.advance(by: .seconds(100))
    _ = engine.perform([
      [.claiming("unknown"), .unknown(.numbered("unknown")), .claiming("orphan")]
    ])
    for change in ["DELETE", "INSERT", "UPDATE"] {
      try engine.connection.execute(
        """
        CREATE TEMP TRIGGER no_\(change) BEFORE \(change) ON request_number
          BEGIN SELECT RAISE(ABORT, 'nothing can be written'); END
        """)
    }
    let results = engine.perform([
      [.claiming("kept")], [.claiming("kept", "other")], [.claiming("unknown")],
      [.claiming("orphan")], [.claiming("orphan", "other")], [.claiming("new")],
      [.claiming("old")], [.answering("kept")],
    ])
    let replies = try results[..<5].flatMap { try $0.get() }
    #expect(
      replies == [
        .answered(.saying("done")), .otherContent, .grantedAfterUnknown, .grantedAfterUnknown,
        .otherContent,
      ])
    for result in results[5...] { #expect(throws: StoreFailure.self) { try result.get() } }
  }

  @Test("a wall clock that jumps forgets no number, whether it comes back or stays")
  func jumpingClock() throws {
    let folder = try TemporaryFolder()
    let clock = TestClock()
    let path = folder.file("gateway.db")
    do {
      var engine = try SQLiteEngine(path: path, maximumBytes: nil, clock: clock.storeClock)
      _ = engine.perform([[.claiming("a"), .answering("a")]])
      clock.jump(by: .seconds(86_400 * 365))
      _ = try engine.sweep()
      let replies = try engine.perform([[.claiming("a"), .claiming("b")]])[0].get()
      #expect(replies == [.answered(.saying("done")), .granted])
    }
    // What was claimed under the new time is kept for its whole time by the next process too.
    let now = clock.now + 86_400 * 365 * 1000
    var engine = try SQLiteEngine(
      path: path, maximumBytes: nil, clock: StoreClock(wall: { now }, steady: { now }))
    #expect(try engine.perform([[.claiming("b", "other")]])[0].get() == [.otherContent])
    clock.jump(by: .seconds(-86_400 * 730))
    #expect(try engine.perform([[.claiming("b")]])[0].get() == [.grantedAfterUnknown])
  }

  @Test("a transaction that fails leaves counts, rows and memory as they were")
  func rollback() throws {
    let folder = try TemporaryFolder()
    let clock = TestClock()
    var engine = try SQLiteEngine(
      path: folder.file("gateway.db"), maximumBytes: 200_000, clock: clock.storeClock)
    _ = engine.perform([[.claiming("a"), .answering("a"), .claiming("b")]])
    let changes = engine.takeAnswerChanges().count
    #expect(changes == 3)
    let before = engine.tally
    let results = engine.perform([
      [
        .claiming("c"), .unknown(.numbered("b")),
        .answering("c", String(repeating: "x", count: 1_000_000)),
      ]
    ])
    #expect(isFull(results))
    #expect(engine.tally == before)
    #expect(engine.takeAnswerChanges().isEmpty)
    let replies = try engine.perform([[.claiming("c"), .claiming("b"), .claiming("a")]])[0].get()
    #expect(replies == [.granted, .grantedAfterUnknown, .answered(.saying("done"))])
  }

  @Test("the cache forgets the oldest answers, and what was claimed again")
  func cache() {
    var cache = AnswerCache(maximumBytes: 100_000)
    let record = NumberRecord(state: .answered, fingerprint: .of("x"), expiresAt: 100)
    let digests = (0..<1000).map { NumberDigest(.numbered("\($0)")) }
    for digest in digests {
      cache.apply([.answered(digest, record, .saying(String(repeating: "x", count: 600)))])
    }
    #expect(cache.count == 100 && cache.bytes <= 100_000)
    #expect(cache.reply(to: digests[0], fingerprint: .of("x"), now: 0) == nil)
    #expect(cache.reply(to: digests[999], fingerprint: .of("y"), now: 0) == .otherContent)
    #expect(cache.reply(to: digests[999], fingerprint: .of("x"), now: 100) == nil, "expired")
    cache.apply([.claimed(digests[999])])
    #expect(cache.reply(to: digests[999], fingerprint: .of("x"), now: 0) == nil)
    cache.apply([.answered(digests[5], record, .saying(String(repeating: "x", count: 90_000)))])
    #expect(cache.reply(to: digests[5], fingerprint: .of("x"), now: 0) == nil, "too large")
  }

  @Test("a digest keeps all 32 bytes of SHA-256 in their order")
  func digests() {
    let key = RequestKey(merchant: MerchantID("1"), operation: "op", number: "n")
    // Made with sha256sum, over the three parts behind their lengths.
    let expected = "519248d47d30ae25e1f1c78504a815656a22ad31e436838c63ddd9b89096cab9"
    #expect(hexadecimal(NumberDigest(key).bytes) == expected)
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func isFull(_ results: [Result<[StoreReply], StoreFailure>]) -> Bool {
    results.allSatisfy {
      if case .failure(let failure) = $0 { failure.code == .full } else { false }
    }
  }
}
