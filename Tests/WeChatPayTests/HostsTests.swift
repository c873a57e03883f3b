// SPDX-License-Identifier: Apache-2.0
import Concurrency
import HTTP
import TestSupport
import Testing

@testable import WeChatPay

@Suite("Circuit breaker, hosts and back-off")
struct HostsTests {
  static let second: Int64 = 1_000_000_000

  /// `#expect` takes no mutating calls.
  func expect(
    _ expected: Bool, _ breaker: inout CircuitBreaker,
    at location: SourceLocation = #_sourceLocation,
    _ call: (inout CircuitBreaker) -> Bool
  ) {
    let actual = call(&breaker)
    #expect(actual == expected, sourceLocation: location)
  }

  /// A breaker that has just opened at `now`.
  func opened(now: Int64 = 0) -> CircuitBreaker {
    var breaker = CircuitBreaker()
    for _ in 1..<CircuitBreaker.failuresToOpen { expect(false, &breaker) { $0.failed(now: now) } }
    #expect(breaker.phase == .closed)
    expect(true, &breaker) { $0.failed(now: now) }
    return breaker
  }

  @Test("it opens after consecutive failures, not before")
  func opens() {
    var breaker = opened()
    #expect(breaker.phase == .open)
    expect(false, &breaker) { $0.admits(now: 0) }
    #expect(breaker.waitNanoseconds(now: 0) == Self.second)
    // A success in between starts the count anew.
    var other = CircuitBreaker()
    for round in 0..<(3 * CircuitBreaker.failuresToOpen) {
      expect(false, &other) { $0.failed(now: 0) }
      if round % (CircuitBreaker.failuresToOpen - 1) == 0 { other.succeeded() }
    }
    #expect(other.phase == .closed)
  }

  @Test("after its pause one request goes to see, and no other")
  func probe() {
    var breaker = opened()
    expect(false, &breaker) { $0.admits(now: Self.second - 1) }
    expect(true, &breaker) { $0.admits(now: Self.second) }
    #expect(breaker.phase == .halfOpen)
    expect(false, &breaker) { $0.admits(now: Self.second) }
    expect(false, &breaker) { $0.admits(now: 20 * Self.second) }
    breaker.succeeded()
    #expect(breaker == CircuitBreaker())
  }

  @Test("a probe that fails doubles the pause, up to the longest")
  func doubles() {
    var breaker = opened()
    var now: Int64 = 0
    var pauses: [Int64] = []
    for _ in 0..<8 {
      let pause = breaker.waitNanoseconds(now: now)
      pauses.append(pause / Self.second)
      now += pause
      expect(true, &breaker) { $0.admits(now: now) }
      expect(true, &breaker) { $0.failed(now: now) }
      #expect(breaker.phase == .open)
    }
    #expect(pauses == [1, 2, 4, 8, 16, 30, 30, 30])
  }

  @Test("a probe that never says how it ended gives its place back")
  func lostProbe() {
    var breaker = opened()
    expect(true, &breaker) { $0.admits(now: Self.second) }
    expect(false, &breaker) {
      $0.admits(now: Self.second + CircuitBreaker.longestPauseNanoseconds - 1)
    }
    #expect(breaker.waitNanoseconds(now: Self.second) == CircuitBreaker.longestPauseNanoseconds)
    expect(true, &breaker) { $0.admits(now: Self.second + CircuitBreaker.longestPauseNanoseconds) }
  }

  @Test("failures of requests that were under way do not keep an open circuit open longer")
  func lateFailures() {
    var breaker = opened()
    expect(false, &breaker) { $0.failed(now: Self.second / 2) }
    #expect(breaker.waitNanoseconds(now: Self.second / 2) == Self.second / 2)
  }

  @Test("a late success closes an open circuit")
  func lateSuccess() {
    var breaker = opened()
    breaker.succeeded()
    expect(true, &breaker) { $0.admits(now: 0) }
  }

  static let connect = TransportFailure(.connect, mayHaveBeenSent: false, detail: "")

  @Test("the backup is used while the first host's circuit is open, and told of")
  func failover() {
    let time = ManualTime()
    let news = Guarded<[Hosts.Status]>([])
    let hosts = Hosts(["a", "b"], time: time.source) { status in news.withLock { $0.append(status) }
    }
    #expect(hosts.next() == "a")
    #expect(hosts.next(avoiding: ["a"]) == "b")
    for _ in 0..<CircuitBreaker.failuresToOpen { hosts.failed("a", Self.connect) }
    #expect(hosts.next() == "b")
    #expect(hosts.next(avoiding: ["b"]) == "b", "rather one that failed than none")
    #expect(hosts.wait() == .zero)
    for _ in 0..<CircuitBreaker.failuresToOpen { hosts.failed("b", Self.connect) }
    #expect(hosts.next() == nil)
    #expect(hosts.wait() == .seconds(1))
    #expect(hosts.statuses.map(\.phase) == [.open, .open])
    time.advance(by: .seconds(1))
    #expect(hosts.next() == "a")
    #expect(hosts.next() == "b")
    #expect(hosts.next() == nil)
    hosts.reached("a")
    #expect(hosts.next() == "a")
    #expect(
      news.withLock { $0 } == [
        .init(origin: "a", phase: .open), .init(origin: "b", phase: .open),
        .init(origin: "a", phase: .halfOpen), .init(origin: "b", phase: .halfOpen),
        .init(origin: "a", phase: .closed),
      ])
  }

  @Test("a host that answers nonsense is there")
  func nonsense() {
    let hosts = Hosts(["a"], time: ManualTime().source)
    for _ in 0..<100 {
      hosts.failed("a", TransportFailure(.malformed, mayHaveBeenSent: true, detail: ""))
    }
    #expect(hosts.statuses.map(\.phase) == [.closed])
  }

  @Test("back-off doubles up to its longest, with full jitter")
  func backoff() {
    let longest = (0..<7).map { Backoff.pause(beforeRetry: $0, random: 1) / .milliseconds(1) }
    #expect(longest.map { $0.rounded() } == [100, 200, 400, 800, 1600, 2000, 2000])
    #expect(Backoff.pause(beforeRetry: 1, random: 0.5) == .milliseconds(100))
    for retry in [0, 5, 63, 64, 1000, Int.max] {
      #expect(Backoff.pause(beforeRetry: retry, random: 0) == .zero)
      #expect(Backoff.pause(beforeRetry: retry, random: 1) <= .seconds(2))
    }
  }
}
