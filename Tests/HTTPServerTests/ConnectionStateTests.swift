// SPDX-License-Identifier: Apache-2.0
import Clocks
import EventLoop
import HTTP
import Testing

@testable import HTTPServer

@Suite struct ConnectionStateTests {
  private static let limits = ConnectionState.Limits(
    read: .seconds(10), write: .seconds(30), idle: .seconds(75))
  private static let start = Moment(nanoseconds: 1_000_000_000)

  private static func at(_ seconds: Double) -> Moment { start + .seconds(seconds) }

  private static func draft(_ body: [UInt8] = []) -> RequestDraft {
    RequestDraft(
      method: "GET", path: "/", query: nil, headers: [:], peer: .loopback, body: body)
  }

  /// A state that has come as far as `phase`, at second 1.
  private static func state(in phase: ConnectionState.Phase) -> ConnectionState {
    var state = ConnectionState(now: start)
    if phase == .fresh { return state }
    state.begin(.failure(MalformedRequest(reason: "-")), now: at(1))
    if phase == .reading { return state }
    _ = state.headersIn(draft(), framing: .noBody)
    _ = state.complete(now: at(1))
    if phase == .processing { return state }
    state.answer(HTTPResponse(status: 200)) {}
    if phase == .answered { return state }
    _ = state.takeAnswer(now: at(1))
    if phase == .writing { return state }
    _ = state.finish(now: at(1))
    if phase == .refused { _ = state.refuse() }
    if phase == .ended { _ = state.end() }
    return state
  }

  private static func input(_ bytes: Int64?, hasEnded: Bool = false) -> ConnectionState.Input {
    ConnectionState.Input(bytes: bytes, hasEnded: hasEnded)
  }

  @Test(
    "each phase expires at its own time, with its own end",
    arguments: [
      (.fresh, 9.9, 0, .none), (.fresh, 10, 0, .idle), (.fresh, 10, 1, .tooSlow),
      (.fresh, 10, nil, .idle),
      // A fresh connection's first request counts from the start of the connection.
      (.reading, 9.9, 5, .none), (.reading, 10, 5, .tooSlow),
      (.processing, 1e6, 5, .none), (.answered, 1e6, 5, .none),
      (.writing, 30.9, 5, .none), (.writing, 31, 5, .slowReader),
      (.idle, 75.9, 5, .none), (.idle, 76, 5, .idle), (.idle, 76, nil, .idle),
      (.refused, 1e6, 5, .none), (.ended, 1e6, 5, .none),
    ] as [(ConnectionState.Phase, Double, Int64?, ConnectionState.Expiry)])
  func expiry(
    phase: ConnectionState.Phase, second: Double, bytes: Int64?, expected: ConnectionState.Expiry
  ) {
    var state = ConnectionStateTests.state(in: phase)
    let result = state.expiry(
      now: ConnectionStateTests.at(second), limits: ConnectionStateTests.limits
    ) { ConnectionStateTests.input(bytes) }
    #expect(result == expected)
  }

  @Test(
    "a first line that drips in on an idle connection has the read time from when it was noticed")
  func dripWhenIdle() {
    var state = ConnectionStateTests.state(in: .idle)
    let moments: [(Double, Int64, ConnectionState.Expiry)] = [
      (2, 100, .none), (4, 101, .none), (13, 110, .none), (14, 111, .tooSlow),
    ]
    for (second, bytes, expected) in moments {
      let result = state.expiry(
        now: ConnectionStateTests.at(second), limits: ConnectionStateTests.limits
      ) { ConnectionStateTests.input(bytes) }
      #expect(result == expected, "second \(second)")
    }
  }

  @Test("an idle connection whose client has closed is ended when that is seen twice")
  func endedWhenIdle() {
    var state = ConnectionStateTests.state(in: .idle)
    let ended = ConnectionStateTests.input(100, hasEnded: true)
    let limits = ConnectionStateTests.limits
    #expect(state.expiry(now: ConnectionStateTests.at(2), limits: limits) { ended } == .none)
    #expect(state.expiry(now: ConnectionStateTests.at(4), limits: limits) { ended } == .idle)
  }

  @Test("the kernel is asked seldom about a connection that stays idle")
  func looks() {
    var state = ConnectionStateTests.state(in: .idle)
    var looks = 0
    for second in 2..<76 {
      _ = state.expiry(
        now: ConnectionStateTests.at(Double(second)), limits: ConnectionStateTests.limits
      ) {
        looks += 1
        return ConnectionStateTests.input(100)
      }
    }
    #expect((10...20).contains(looks))
  }

  @Test("an answer wakes the connection only if it was suspended, and is taken once")
  func parking() {
    var suspensions = 0
    var resumptions = 0
    var early = ConnectionStateTests.state(in: .answered)
    early.park { suspensions += 1 }
    #expect(early.takeAnswer(now: .now)?.status == 200)
    #expect(early.takeAnswer(now: .now) == nil)
    var late = ConnectionStateTests.state(in: .processing)
    late.park { suspensions += 1 }
    late.answer(HTTPResponse(status: 201)) { resumptions += 1 }
    late.answer(HTTPResponse(status: 202)) { resumptions += 1 }
    #expect(late.takeAnswer(now: .now)?.status == 201)
    #expect(suspensions == 1)
    #expect(resumptions == 1)
  }

  @Test("a server that stops wakes a suspended connection once, and its late answer goes nowhere")
  func abort() {
    var resumptions = 0
    var state = ConnectionStateTests.state(in: .processing)
    state.park {}
    state.abort { resumptions += 1 }
    state.abort { resumptions += 1 }
    state.answer(HTTPResponse(status: 200)) { resumptions += 1 }
    #expect(resumptions == 1)
    #expect(state.takeAnswer(now: .now) == nil)
  }

  @Test("an answer that nobody took is given back at the end of the request, once")
  func unsent() {
    var state = ConnectionStateTests.state(in: .answered)
    #expect(state.finish(now: .now)?.status == 200)
    #expect(state.finish(now: .now) == nil)
  }

  @Test("a connection is refused once, and takes nothing in afterwards")
  func refusal() {
    var state = ConnectionStateTests.state(in: .reading)
    let isTaken = state.headersIn(ConnectionStateTests.draft([1, 2]), framing: .length(2))
    #expect(isTaken)
    let refused = state.refuse()
    #expect(refused.isFirst && refused.request?.withoutBody.body == [])
    let again = state.refuse()
    #expect(!again.isFirst)
    let isTakenAfterwards = state.headersIn(ConnectionStateTests.draft(), framing: .noBody)
    #expect(!isTakenAfterwards)
    #expect(state.complete(now: .now) == nil)
    #expect(state.finish(now: .now) == nil)
    #expect(state.phase == .refused)
  }
}

@Suite struct RequestTargetTests {
  @Test(
    "a target is split at its first question mark",
    arguments: [
      ("/a?b?c", "/a", "b?c"), ("/", "/", nil), ("/?", "/", ""), ("http://h", "/", nil),
      ("http://h?q", "/", "q"),
      ("https://u@h:1/p", "/p", nil), ("*", "*", nil),
    ] as [(String, String, String?)])
  func splits(text: String, path: String, query: String?) throws {
    let target = try RequestTarget(parsing: Array(text.utf8))
    #expect(target.path == path)
    #expect(target.query == query)
  }

  @Test(
    "what is not a target is refused",
    arguments: ["", "a", "ftp://h/", "http://", "?q", "/ ", "/#", "/\u{7F}", "**", "//\u{E4}"])
  func refuses(text: String) {
    #expect(throws: MalformedRequest.self) { try RequestTarget(parsing: Array(text.utf8)) }
  }
}
