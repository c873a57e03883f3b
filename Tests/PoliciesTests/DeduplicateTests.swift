// SPDX-License-Identifier: Apache-2.0
import Concurrency
import GatewayCore
import OpenAPI
import Policies
import Storage
import TestSupport
import Testing

/// The stores that the table of CONTRACT 2.4 has to hold with.
enum StoreKind: String, Sendable, CaseIterable {
  case memory, sqlite
}

@Suite("Deduplicate", .timeLimit(.minutes(2)))
struct DeduplicateTests {
  let flights = Flights()
  let events = Guarded<[Deduplicate.Event]>([])
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let answer = Reply(
    status: 200, contentType: "application/json", body: Array(#"{"stock_id":"1", "n":1.50}"#.utf8),
    upstreamRequestID: "08F7")
  static let unknown = Problem(.upstreamTimeout, "no answer")
  static let refused = Problem(
    .paramError, "参数错误", source: .wechatpay, outcome: .refused,
    upstream: UpstreamError(status: 400, code: "PARAM_ERROR", verified: true))
  static let notSent = Problem(.upstreamUnavailable, "not reached")

  static let otherBody =
    #"{"coupon_code_list":["OTHER"],"upload_request_no":"100002322019090134234sfdf"}"#

  func store(_ kind: StoreKind) throws -> any RequestNumberStore {
    switch kind {
    case .memory: MemoryStore()
    case .sqlite: try SQLiteStore(path: folder.file("gateway.db"))
    }
  }

  func policy(
    _ store: any RequestNumberStore, forwards: Bool = true, mode: PolicyMode = .enforce,
    time: TimeSource = .system
  ) -> Deduplicate {
    Deduplicate(
      store: store, flights: flights,
      settings: .init(
        lifetime: .seconds(600), lease: .seconds(60), forwardsOnStoreFailure: forwards, mode: mode),
      time: time,
      report: { event, _ in events.withLock { $0.append(event) } })
  }

  func send(
    _ policy: Deduplicate, _ upstream: ScriptedUpstream, body: String = ExampleAPI.uploadBody,
    merchant: String = "1900000001"
  ) async throws -> Reply {
    let exchange = try ExampleAPI.settled(body: body, merchant: merchant)
    return try await policy.handle(exchange, next: upstream.next)
  }

  func problem(
    _ policy: Deduplicate, _ upstream: ScriptedUpstream, body: String = ExampleAPI.uploadBody
  ) async throws -> Problem {
    try await #require(throws: Problem.self) { try await send(policy, upstream, body: body) }
  }

  // MARK: After the first has ended

  @Test(
    "a verified answer is replayed byte for byte, and nothing is sent",
    arguments: StoreKind.allCases)
  func replay(_ kind: StoreKind) async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(try store(kind))
    #expect(try await send(policy, upstream) == Self.answer)
    var replayed = Self.answer
    replayed.replayed = true
    for _ in 0..<3 { #expect(try await send(policy, upstream) == replayed) }
    #expect(upstream.calls == 1)
    #expect(events.withLock { $0 } == [.miss, .hit, .hit, .hit])
  }

  @Test("an answer without a body is replayed too", arguments: StoreKind.allCases)
  func replayWithoutBody(_ kind: StoreKind) async throws {
    let upstream = ScriptedUpstream(
      .success(Reply(status: 204, contentType: nil, body: [], upstreamRequestID: nil)))
    let policy = policy(try store(kind))
    _ = try await send(policy, upstream)
    let again = try await send(policy, upstream)
    #expect(again.status == 204 && again.contentType == nil && again.body.isEmpty && again.replayed)
    #expect(upstream.calls == 1)
  }

  @Test("white space and the order of members make no other content", arguments: StoreKind.allCases)
  func sameContent(_ kind: StoreKind) async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(try store(kind))
    _ = try await send(policy, upstream)
    let spelled = """
      { "upload_request_no" : "100002322019090134234sfdf",
        "coupon_code_list" : [ "ABC9588200", "ABC958820\\u0031" ] }
      """
    #expect(try await send(policy, upstream, body: spelled).replayed)
    #expect(upstream.calls == 1)
  }

  @Test(
    "the number of an answered or unknown request is refused with other content",
    arguments: StoreKind.allCases, [Result.success(answer), .failure(unknown)])
  func otherContent(_ kind: StoreKind, _ first: Result<Reply, Problem>) async throws {
    let upstream = ScriptedUpstream(first)
    let policy = policy(try store(kind))
    _ = try? await send(policy, upstream)
    let problem = try await problem(policy, upstream, body: Self.otherBody)
    #expect(problem.kind == .requestNumberReused)
    #expect(problem.kind.status == 422 && problem.outcome == .notSent && !problem.kind.retryable)
    #expect(problem.kind.action == .newRequestNumber)
    #expect(upstream.calls == 1)
    #expect(events.withLock { $0 } == [.miss, .conflict])
    // The refusal changed nothing: the first content is still known.
    _ = try? await send(policy, upstream)
    #expect(events.withLock { $0.last } == (upstream.calls == 1 ? .hit : .recovered))
  }

  @Test("the order of codes is content: another order is other content")
  func orderOfItems() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(MemoryStore())
    _ = try await send(policy, upstream)
    let turned =
      #"{"coupon_code_list":["ABC9588201","ABC9588200"],"upload_request_no":"100002322019090134234sfdf"}"#
    #expect(try await problem(policy, upstream, body: turned).kind == .requestNumberReused)
  }

  @Test(
    "after an unknown outcome the same content goes to WeChat Pay again and its answer is recovered",
    arguments: StoreKind.allCases)
  func recovered(_ kind: StoreKind) async throws {
    let upstream = ScriptedUpstream(
      .failure(Self.unknown), .failure(Self.unknown), .success(Self.answer))
    let policy = policy(try store(kind))
    #expect(try await problem(policy, upstream).outcome == .unknown)
    #expect(try await problem(policy, upstream).outcome == .unknown)
    let reply = try await send(policy, upstream)
    #expect(reply.recovered && !reply.replayed)
    // A replay says so as well.
    let replay = try await send(policy, upstream)
    #expect(replay.recovered && replay.replayed && replay.body == Self.answer.body)
    #expect(upstream.calls == 3)
    #expect(events.withLock { $0 } == [.miss, .recovered, .recovered, .hit])
  }

  @Test(
    "after refused or not_sent the number is free, for the same and for other content",
    arguments: StoreKind.allCases, [refused, notSent])
  func released(_ kind: StoreKind, _ first: Problem) async throws {
    let upstream = ScriptedUpstream(
      .failure(first), .failure(first), .success(Self.answer))
    let policy = policy(try store(kind))
    #expect(try await problem(policy, upstream).outcome == first.outcome)
    #expect(try await problem(policy, upstream, body: Self.otherBody).outcome == first.outcome)
    let reply = try await send(policy, upstream)
    #expect(!reply.recovered && !reply.replayed)
    #expect(upstream.calls == 3)
  }

  @Test(
    "what was unknown stays unknown when a later attempt is refused or not sent",
    arguments: StoreKind.allCases, [refused, notSent])
  func staysUnknown(_ kind: StoreKind, _ second: Problem) async throws {
    let upstream = ScriptedUpstream(
      .failure(Self.unknown), .failure(second), .success(Self.answer))
    let policy = policy(try store(kind))
    _ = try await problem(policy, upstream)
    // The caller is told the truth: the first attempt may have been carried out.
    let later = try await problem(policy, upstream)
    #expect(later.outcome == .unknown)
    #expect(later.kind == second.kind)
    #expect(try await problem(policy, upstream, body: Self.otherBody).kind == .requestNumberReused)
    #expect(try await send(policy, upstream).recovered)
    #expect(upstream.calls == 3)
  }

  @Test("the answer survives a restart of the gateway with a store on disk")
  func restart() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let first = try store(.sqlite)
    _ = try await send(policy(first), upstream)
    await first.close()
    #expect(try await send(policy(try store(.sqlite)), upstream).replayed)
    #expect(upstream.calls == 1)
  }

  // MARK: What is kept apart

  @Test("a replay never crosses merchants", arguments: StoreKind.allCases)
  func merchantsApart(_ kind: StoreKind) async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(try store(kind))
    for merchant in ["1900000001", "1900000002", "19000000011"] {
      #expect(try await !send(policy, upstream, merchant: merchant).replayed)
    }
    // Other content is no conflict there either.
    _ = try await send(policy, upstream, body: Self.otherBody, merchant: "1900000003")
    #expect(upstream.calls == 4)
  }

  @Test("one number in two operations is two requests")
  func operationsApart() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(MemoryStore())
    let body = #"{"out_request_no":"1"}"#
    for (method, path) in [
      ("POST", "/v3/marketing/busifavor/stocks"), ("PATCH", ExampleAPI.stockPath),
    ] {
      let exchange = try ExampleAPI.settled(method, path, body: body)
      try #require(exchange.requestNumber == "1")
      #expect(try await !policy.handle(exchange, next: upstream.next).replayed)
    }
    #expect(upstream.calls == 2)
  }

  @Test("path parameters are content: the same body for another batch is other content")
  func pathIsContent() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(MemoryStore())
    _ = try await send(policy, upstream)
    let other = try ExampleAPI.settled(
      "POST", "/v3/marketing/busifavor/stocks/98065002/couponcodes")
    let problem = await #expect(throws: Problem.self) {
      try await policy.handle(other, next: upstream.next)
    }
    #expect(problem?.kind == .requestNumberReused)
  }

  @Test("a request number in the query is recognized")
  func numberInQuery() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(MemoryStore())
    for isRepeated in [false, true] {
      let exchange = try ExampleAPI.settled(
        "DELETE", ExampleAPI.uploadPath + "/ABC", query: "delete_request_no=7", body: nil)
      try #require(exchange.requestNumber == "7")
      #expect(try await policy.handle(exchange, next: upstream.next).replayed == isRepeated)
    }
  }

  @Test("numbers that differ in Unicode normalization only are two numbers, in flight too")
  func normalization() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(MemoryStore())
    upstream.hold()
    let bodies = ["\u{E9}", "e\u{301}"].map {
      #"{"coupon_code_list":["A"],"upload_request_no":"\#($0)"}"#
    }
    try await withThrowingTaskGroup(of: Reply.self) { group in
      for body in bodies { group.addTask { try await send(policy, upstream, body: body) } }
      while upstream.calls + events.withLock({ $0.filter { $0 == .conflict }.count }) < 2 {
        await Task.yield()
      }
      upstream.letGo()
      for try await reply in group { #expect(!reply.replayed) }
    }
    #expect(upstream.calls == 2)
  }

  @Test("requests without a number or a merchant go through every time")
  func unnumbered() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(MemoryStore())
    for _ in 0..<2 {
      let read = try ExampleAPI.settled("GET", ExampleAPI.stockPath, body: nil)
      #expect(try await !policy.handle(read, next: upstream.next).replayed)
      var anonymous = try ExampleAPI.settled()
      anonymous.merchant = nil
      #expect(try await !policy.handle(anonymous, next: upstream.next).replayed)
    }
    #expect(upstream.calls == 4 && events.withLock { $0.isEmpty })
  }

  // MARK: While the first is in flight

  @Test(
    "many with the same content wait for the first and get its end, marked as replayed",
    arguments: [Result.success(answer), .failure(unknown), .failure(refused), .failure(notSent)])
  func joining(_ end: Result<Reply, Problem>) async throws {
    let upstream = ScriptedUpstream(end)
    let policy = policy(MemoryStore())
    upstream.hold()
    let results = await withTaskGroup(of: Result<Reply, any Error>.self) { group in
      for _ in 0..<100 {
        group.addTask {
          do { return .success(try await send(policy, upstream)) } catch { return .failure(error) }
        }
      }
      while flights.count < 100 { await Task.yield() }
      upstream.letGo()
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(upstream.calls == 1)
    #expect(flights.count == 0)
    var replayed = 0
    for result in results {
      switch (result, end) {
      case (.success(let reply), .success):
        #expect(reply.body == Self.answer.body)
        if reply.replayed { replayed += 1 }
      case (.failure(let error as Problem), .failure(let problem)):
        #expect(error.kind == problem.kind && error.outcome == problem.outcome)
        if error.replayed { replayed += 1 }
      default: Issue.record("\(result)")
      }
    }
    #expect(replayed == 99)
    #expect(events.withLock { $0.filter { $0 == .joined }.count } == 99)
  }

  @Test("other content while the first is in flight is refused at once")
  func otherContentInFlight() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(MemoryStore())
    upstream.hold()
    async let first = send(policy, upstream)
    while upstream.calls < 1 { await Task.yield() }
    #expect(try await problem(policy, upstream, body: Self.otherBody).kind == .requestNumberReused)
    upstream.letGo()
    #expect(try await !first.replayed)
    #expect(upstream.calls == 1)
  }

  @Test(
    "the intent is in the store before the first byte goes, the answer before the caller sees it")
  func order() async throws {
    let store = RecordingStore(MemoryStore())
    let upstream = ScriptedUpstream(.success(Self.answer))
    upstream.hold()
    async let reply = send(policy(store), upstream)
    while upstream.calls < 1 { await Task.yield() }
    #expect(store.done == ["claim"])
    upstream.letGo()
    _ = try await reply
    #expect(store.done == ["claim", "answered"])
  }

  @Test(
    "the end of a request is told to the store",
    arguments: [(unknown, "unknown"), (refused, "released"), (notSent, "released")])
  func told(_ problem: Problem, _ operation: String) async throws {
    let store = RecordingStore(MemoryStore())
    _ = try await self.problem(policy(store), ScriptedUpstream(.failure(problem)))
    #expect(store.done == ["claim", operation])
  }
}
