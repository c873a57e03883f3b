// SPDX-License-Identifier: Apache-2.0
import Concurrency
import GatewayCore
import OpenAPI
import Policies
import Storage
import TestSupport
import Testing

/// Modes, stores that fail, and other gateways on the same store.
extension DeduplicateTests {
  @Test("observe refuses nothing, replays as ever, and notes what it would have refused")
  func observe() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(MemoryStore(), mode: .observe)
    _ = try await send(policy, upstream)
    let exchange = try ExampleAPI.settled(body: Self.otherBody)
    #expect(try await !policy.handle(exchange, next: upstream.next).replayed)
    #expect(
      exchange.journal.entry.observed
        == [Journal.Observed(policy: "deduplicate", code: "REQUEST_NUMBER_REUSED")])
    #expect(upstream.calls == 2)
    #expect(try await send(policy, upstream).replayed, "the first content's answer is still there")
  }

  @Test("in observe, other content in flight goes on and leaves the first alone")
  func observeInFlight() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let policy = policy(MemoryStore(), mode: .observe)
    upstream.hold()
    async let first = send(policy, upstream)
    while upstream.calls < 1 { await Task.yield() }
    async let second = send(policy, upstream, body: Self.otherBody)
    while upstream.calls < 2 { await Task.yield() }
    #expect(flights.count == 1)
    upstream.letGo()
    _ = try await (first, second)
    #expect(try await send(policy, upstream).replayed)
  }

  @Test("with a broken store the request goes through, unless it shall be rejected")
  func brokenStore() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let store = RecordingStore(MemoryStore(), failing: ["claim", "answered"])
    #expect(try await send(policy(store), upstream) == Self.answer)
    #expect(events.withLock { $0 } == [.storeFailure, .miss, .storeFailure])
    let problem = try await problem(policy(store, forwards: false), upstream)
    #expect(problem.kind == .overloaded && problem.kind.status == 503)
    #expect(problem.outcome == .notSent && problem.retryAfter != nil)
    #expect(upstream.calls == 1)
    #expect(flights.count == 0)
  }

  @Test(
    "an answer that could not be stored reaches the caller, and the next is a recovered one",
    arguments: [true, false])
  func answerNotStored(forwards: Bool) async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let store = RecordingStore(MemoryStore(), failing: ["answered"])
    let policy = policy(store, forwards: forwards)
    #expect(try await send(policy, upstream) == Self.answer)
    #expect(try await send(policy, upstream).recovered)
    #expect(upstream.calls == 2)
    #expect(try await problem(policy, upstream, body: Self.otherBody).kind == .requestNumberReused)
  }

  @Test("a claim that another gateway holds is waited for, and its answer replayed")
  func elsewhere() async throws {
    let time = ManualTime()
    let upstream = ScriptedUpstream(.failure(Self.notSent))
    let stored = StoredAnswer(
      status: 200, contentType: "application/json", body: [1], upstreamRequestID: "x",
      recovered: false)
    let store = RecordingStore(
      MemoryStore(), replies: [.inFlight, .inFlight, .inFlight, .answered(stored)])
    let reply = try await send(policy(store, time: time.source), upstream)
    #expect(reply.replayed && reply.body == [1])
    #expect(time.sleeps.count == 3)
    #expect(upstream.calls == 0)
  }

  @Test("a store that fails while another gateway's claim is waited for makes it no new request")
  func elsewhereUnseen() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let stored = StoredAnswer(Self.answer)
    for forwards in [true, false] {
      let store = RecordingStore(
        MemoryStore(), replies: [.inFlight, nil, nil, .inFlight, nil, .answered(stored)])
      let reply = try await send(
        policy(store, forwards: forwards, time: ManualTime().source), upstream)
      #expect(reply.replayed)
    }
    #expect(upstream.calls == 0)
  }

  @Test("one that stays in flight elsewhere is unknown at the deadline")
  func elsewhereTooLong() async throws {
    let upstream = ScriptedUpstream(.success(Self.answer))
    let store = RecordingStore(MemoryStore(), replies: [.inFlight])
    let policy = policy(store, time: ManualTime().source)
    let exchange = try ExampleAPI.settled(deadline: .zero)
    let problem = await #expect(throws: Problem.self) {
      try await policy.handle(exchange, next: upstream.next)
    }
    #expect(problem?.kind == .upstreamTimeout && problem?.outcome == .unknown)
    #expect(upstream.calls == 0 && flights.count == 0)
    #expect(store.done == ["claim"], "the other gateway's claim is left alone")
  }

  @Test("a request whose claim failed takes away nothing of what was known")
  func releaseNothingUnclaimed() async throws {
    let store = RecordingStore(MemoryStore())
    let policy = policy(store)
    // Answered and seen, which the store could not keep.
    store.fail(["answered"])
    #expect(try await send(policy, ScriptedUpstream(.success(Self.answer))) == Self.answer)
    store.fail(["claim"])
    #expect(
      try await problem(policy, ScriptedUpstream(.failure(Self.refused))).outcome == .refused)
    store.fail([])
    let upstream = ScriptedUpstream(.success(Self.answer))
    #expect(
      try await problem(policy, upstream, body: Self.otherBody).kind == .requestNumberReused)
    #expect(try await send(policy, upstream).recovered)
  }

  @Test("of two answers to one number every caller sees the one that was stored first")
  func answeredElsewhere() async throws {
    let store = MemoryStore()
    let upstream = ScriptedUpstream(.success(Self.answer))
    upstream.hold()
    async let late = send(policy(store), upstream)
    while upstream.calls < 1 { await Task.yield() }
    let exchange = try ExampleAPI.settled()
    let key = RequestKey(
      merchant: try #require(exchange.merchant), operation: exchange.operation.id,
      number: try #require(exchange.requestNumber))
    var first = StoredAnswer(Self.answer)
    first.body = Array("{}".utf8)
    _ = try await store.perform([.answered(key, fingerprint: Fingerprint(of: exchange), first)])
    upstream.letGo()
    let reply = try await late
    #expect(reply.replayed && reply.body == first.body)
  }
}

extension StoredAnswer {
  fileprivate init(_ reply: Reply) {
    self.init(
      status: reply.status, contentType: reply.contentType, body: reply.body,
      upstreamRequestID: reply.upstreamRequestID, recovered: false)
  }
}
