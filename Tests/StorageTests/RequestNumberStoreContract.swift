// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import Storage
import Testing

/// What every store of request numbers must do.
@Suite("The contract of request-number stores")
struct RequestNumberStoreContract {
  /// What happened to a number before it is claimed again.
  enum Past: String, CaseIterable, Sendable {
    case nothing, claimed, answered, unknown, released, claimedAfterUnknown, releasedAfterUnknown
    case answeredAfterUnknown, unknownTwice, answeredTwice, unknownAfterAnswered,
      releasedAfterAnswered

    var operations: [StoreOperation] {
      let claim = StoreOperation.claiming("n")
      let key = RequestKey.numbered("n")
      return switch self {
      case .nothing: []
      case .claimed: [claim]
      case .answered: [claim, .answering("n")]
      case .unknown: [claim, .unknown(key)]
      case .released: [claim, .released(key)]
      case .claimedAfterUnknown: [claim, .unknown(key), claim]
      case .releasedAfterUnknown: [claim, .unknown(key), claim, .released(key)]
      case .answeredAfterUnknown: [claim, .unknown(key), claim, .answering("n")]
      case .unknownTwice: [claim, .unknown(key), claim, .unknown(key)]
      case .answeredTwice: [claim, .answering("n"), .answering("n", "something else")]
      case .unknownAfterAnswered: [claim, .answering("n"), .unknown(key)]
      case .releasedAfterAnswered: [claim, .answering("n"), .released(key)]
      }
    }

    /// What a claim with the same content is told.
    var sameContent: StoreReply {
      switch self {
      case .nothing, .released: .granted
      case .claimed, .unknown, .claimedAfterUnknown, .releasedAfterUnknown, .unknownTwice:
        .grantedAfterUnknown
      case .answered, .answeredAfterUnknown, .answeredTwice, .unknownAfterAnswered,
        .releasedAfterAnswered:
        .answered(.saying("done"))
      }
    }

    /// What a claim with other content is told.
    var otherContent: StoreReply {
      switch self {
      case .nothing, .released: .granted
      default: .otherContent
      }
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let kind: StoreKind
    let past: Past
    var testDescription: String { "\(kind.rawValue): \(past.rawValue)" }
  }

  static let cases = StoreKind.allCases.flatMap { kind in
    Past.allCases.map { Case(kind: kind, past: $0) }
  }

  @Test("the same content is told what its past calls for", arguments: cases)
  func sameContent(test: Case) async throws {
    let stores = try test.kind.make()
    for operation in test.past.operations { _ = try await stores.perform(operation) }
    #expect(try await stores.claim("n") == test.past.sameContent)
    await stores.store.close()
  }

  @Test("other content is refused unless the number is free", arguments: cases)
  func otherContent(test: Case) async throws {
    let stores = try test.kind.make()
    _ = try await stores.store.perform(test.past.operations)
    #expect(try await stores.claim("n", "other") == test.past.otherContent)
    // A refusal changes nothing.
    if test.past.otherContent == .otherContent {
      #expect(try await stores.claim("n") == test.past.sameContent)
    }
    await stores.store.close()
  }

  @Test("whatever was known is new again once its lifetime is over", arguments: cases)
  func expiry(test: Case) async throws {
    let stores = try test.kind.make()
    _ = try await stores.store.perform(test.past.operations)
    stores.clock.advance(by: .seconds(3599))
    #expect(try await stores.claim("n", "other") == test.past.otherContent)
    stores.clock.advance(by: .seconds(1))
    let expected: StoreReply = test.past.otherContent == .granted ? .otherContent : .granted
    #expect(try await stores.claim("n", "third") == expected)
    await stores.store.close()
  }

  @Test("a number without a past takes every outcome and forgets it", arguments: StoreKind.allCases)
  func outcomesOfNothing(kind: StoreKind) async throws {
    let stores = try kind.make()
    let replies = try await stores.perform(
      .answering("n"), .unknown(.numbered("n")), .released(.numbered("n")))
    #expect(replies == [.done, .done, .done])
    #expect(try await stores.claim("n") == .granted)
    stores.clock.advance(by: .seconds(3600))
    #expect(try await stores.perform(.answering("n"), .claiming("n")) == [.done, .granted])
    await stores.store.close()
  }

  @Test("an answer belongs to its content, and the first one stays", arguments: StoreKind.allCases)
  func answersToContent(kind: StoreKind) async throws {
    let stores = try kind.make()
    let replies = try await stores.perform(
      .claiming("n"), .answering("n", "wrong", to: "other"), .claiming("n"), .answering("n"),
      .answering("n", "second"), .answering("n", "wrong", to: "other"), .claiming("n"))
    let first = StoreReply.answered(.saying("done"))
    #expect(replies == [.granted, .done, .grantedAfterUnknown, .done, first, .done, first])
    await stores.store.close()
  }

  @Test("an answer lives as long as its claim, not longer", arguments: StoreKind.allCases)
  func answersKeepTheExpiry(kind: StoreKind) async throws {
    let stores = try kind.make()
    _ = try await stores.claim("n")
    stores.clock.advance(by: .seconds(3000))
    _ = try await stores.perform(.answering("n"))
    stores.clock.advance(by: .seconds(599))
    #expect(try await stores.claim("n") == .answered(.saying("done")))
    stores.clock.advance(by: .seconds(1))
    #expect(try await stores.claim("n") == .granted)
    await stores.store.close()
  }

  @Test("a claim after unknown never shortens what is known", arguments: StoreKind.allCases)
  func claimsAgainExtend(kind: StoreKind) async throws {
    let stores = try kind.make()
    _ = try await stores.perform(.claiming("n", for: .seconds(100)), .unknown(.numbered("n")))
    _ = try await stores.perform(.claiming("n", for: .seconds(10)))
    stores.clock.advance(by: .seconds(50))
    #expect(try await stores.claim("n", "other") == .otherContent)
    #expect(try await stores.perform(.claiming("n", for: .seconds(100))) == [.grantedAfterUnknown])
    stores.clock.advance(by: .seconds(99))
    #expect(try await stores.claim("n", "other") == .otherContent)
    stores.clock.advance(by: .seconds(1))
    #expect(try await stores.claim("n", "other") == .granted)
    await stores.store.close()
  }

  @Test("a clock that goes back neither revives nor forgets", arguments: StoreKind.allCases)
  func clockGoesBack(kind: StoreKind) async throws {
    let stores = try kind.make()
    _ = try await stores.claim("kept")
    _ = try await stores.perform(.claiming("gone", for: .seconds(10)), .unknown(.numbered("gone")))
    stores.clock.advance(by: .seconds(10))
    #expect(try await stores.claim("gone", "new") == .granted)
    stores.clock.advance(by: .seconds(-1000))
    #expect(try await stores.claim("gone", "new") == .grantedAfterUnknown)
    #expect(try await stores.claim("gone", "content") == .otherContent)
    #expect(try await stores.claim("kept") == .grantedAfterUnknown)
    await stores.store.close()
  }

  @Test(
    "a batch is carried out in order, later operations see earlier ones",
    arguments: StoreKind.allCases)
  func batches(kind: StoreKind) async throws {
    let stores = try kind.make()
    let replies = try await stores.perform(
      .claiming("a"), .claiming("b"), .claiming("a"), .answering("a"), .claiming("a"),
      .released(.numbered("b")),
      .claiming("b", "other"), .claiming("b"))
    #expect(
      replies == [
        .granted, .granted, .grantedAfterUnknown, .done, .answered(.saying("done")), .done,
        .granted, .otherContent,
      ])
    #expect(try await stores.store.perform([]) == [])
    await stores.store.close()
  }

  @Test("merchants, operations and numbers are kept apart", arguments: StoreKind.allCases)
  func keys(kind: StoreKind) async throws {
    let stores = try kind.make()
    let names = [
      "", "1", "11", "111", "a\u{0}b", "e\u{301}", "\u{e9}", "券码",
      String(repeating: "n", count: 128),
    ]
    for merchant in names {
      for operation in names {
        for number in names {
          let key = RequestKey(merchant: MerchantID(merchant), operation: operation, number: number)
          let reply = try await stores.perform(
            .claim(key, fingerprint: .of("x"), lifetime: .seconds(60), lease: .seconds(60)))
          #expect(reply == [.granted], "\(merchant) \(operation) \(number)")
        }
      }
    }
    await stores.store.close()
  }

  @Test("an answer comes back byte for byte, whatever it is", arguments: StoreKind.allCases)
  func answersAreKept(kind: StoreKind) async throws {
    let stores = try kind.make()
    let answers = [
      StoredAnswer(
        status: 204, contentType: nil, body: [], upstreamRequestID: nil, recovered: false),
      StoredAnswer(
        status: 200, contentType: "", body: [0], upstreamRequestID: "", recovered: true),
      StoredAnswer(
        status: 201, contentType: "application/json; charset=utf-8", body: Array(0...255),
        upstreamRequestID: "08F7 ünïcode\u{0}", recovered: true),
      StoredAnswer(
        status: 200, contentType: "application/json",
        body: [UInt8](repeating: 0xEE, count: 3_000_000),
        upstreamRequestID: "big", recovered: false),
    ]
    for (number, answer) in answers.enumerated() {
      let key = RequestKey.numbered("\(number)")
      _ = try await stores.perform(
        .claiming("\(number)"), .answered(key, fingerprint: .of("content"), answer))
    }
    for (number, answer) in answers.enumerated() {
      #expect(try await stores.claim("\(number)") == .answered(answer))
    }
    await stores.store.close()
  }

  @Test("of claims at the same time one is the first", arguments: StoreKind.allCases)
  func concurrency(kind: StoreKind) async throws {
    let stores = try kind.make()
    let replies = try await withThrowingTaskGroup(of: [StoreReply].self) { group in
      for task in 0..<40 {
        group.addTask {
          var replies: [StoreReply] = []
          for number in 0..<25 {
            replies += try await stores.perform(.claiming("\(number)", "content \(task % 2)"))
          }
          return replies
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(replies.count { $0 == .granted } == 25)
    #expect(replies.count { $0 == .otherContent } == 25 * 20)
    #expect(replies.count { $0 == .grantedAfterUnknown } == 25 * 19)
    let statistics = await stores.store.statistics()
    #expect(statistics.claimed == 25)
    await stores.store.close()
  }

  @Test("the statistics count each state", arguments: StoreKind.allCases)
  func statistics(kind: StoreKind) async throws {
    let stores = try kind.make()
    for number in 0..<10 { _ = try await stores.claim("\(number)") }
    _ = try await stores.perform(
      .answering("0"), .answering("1"), .unknown(.numbered("2")), .released(.numbered("3")),
      .answering("0", "again"),
      .unknown(.numbered("2")), .claiming("2"), .released(.numbered("2")))
    let statistics = await stores.store.statistics()
    #expect(statistics.answered == 2)
    #expect(statistics.unknown == 1)
    #expect(statistics.claimed == 6)
    #expect(statistics.bytes > 0)
    await stores.store.close()
  }

  @Test("expired numbers leave while others come", arguments: StoreKind.allCases)
  func expiredNumbersLeave(kind: StoreKind) async throws {
    let stores = try kind.make()
    for group in 0..<10 {
      _ = try await stores.store.perform(
        (0..<100).map { .claiming("old \(group)-\($0)", for: .seconds(10 + Int64(group))) })
    }
    stores.clock.advance(by: .seconds(60))
    for number in 0..<150 { _ = try await stores.claim("new \(number)") }
    let statistics = await stores.store.statistics()
    #expect(statistics.claimed == 150)
    await stores.store.close()
  }

  /// Random operations against the rules written down once more, in the simplest way.
  @Test("a long random history is answered as the model says", arguments: StoreKind.allCases)
  func randomHistory(kind: StoreKind) async throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    let stores = try kind.make()
    var model = ModelStore()
    for step in 0..<400 {
      let operations = (0..<Int.random(in: 1...12, using: &random)).map { _ -> StoreOperation in
        let number = "\(Int.random(in: 0..<6, using: &random))"
        return switch Int.random(in: 0..<6, using: &random) {
        case 0:
          .answering(
            number, "answer \(step)", to: "content \(Int.random(in: 0..<2, using: &random))")
        case 1: .unknown(.numbered(number))
        case 2: .released(.numbered(number))
        default:
          .claiming(
            number, "content \(Int.random(in: 0..<2, using: &random))",
            for: .seconds(Int64.random(in: 1...60, using: &random)))
        }
      }
      let now = stores.clock.now
      let expected = operations.map { model.perform($0, now: now) }
      #expect(try await stores.store.perform(operations) == expected, "seed \(seed), step \(step)")
      stores.clock.advance(by: .seconds(Int64.random(in: 0...8, using: &random)))
    }
    await stores.store.close()
  }
}

/// The table of the contract, without limits, files or sweeping.
struct ModelStore {
  private struct Row {
    var content: Fingerprint
    var expiresAt: Int64
    var answer: StoredAnswer?
    var isClaimed = true
    var wasUnknown = false
  }

  private var rows: [RequestKey: Row] = [:]

  mutating func perform(_ operation: StoreOperation, now: Int64) -> StoreReply {
    rows = rows.filter { $0.value.expiresAt > now }
    switch operation {
    case .claim(let key, let content, let lifetime, _):
      let end = now + lifetime.components.seconds * 1000
      guard let row = rows[key] else {
        rows[key] = Row(content: content, expiresAt: end)
        return .granted
      }
      if row.content != content { return .otherContent }
      if let answer = row.answer { return .answered(answer) }
      rows[key]?.isClaimed = true
      rows[key]?.wasUnknown = true
      rows[key]?.expiresAt = max(row.expiresAt, end)
      return .grantedAfterUnknown
    case .answered(let key, let content, let answer):
      guard let row = rows[key], row.content == content else { return .done }
      if let first = row.answer { return .answered(first) }
      rows[key]?.answer = answer
    case .unknown(let key):
      rows[key]?.isClaimed = false
      rows[key]?.wasUnknown = true
    case .released(let key):
      if let row = rows[key], row.answer == nil, row.isClaimed {
        if row.wasUnknown { rows[key]?.isClaimed = false } else { rows[key] = nil }
      }
    }
    return .done
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
