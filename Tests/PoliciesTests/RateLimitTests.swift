// SPDX-License-Identifier: Apache-2.0
import Concurrency
import GatewayCore
import HTTP
import OpenAPI
import Policies
import TestSupport
import Testing

@Suite("Rate limit")
struct RateLimitTests {
  let time = ManualTime(nanoseconds: 5_000_000_000)
  let state = RateLimitState()

  func policy(
    rate: Int = 10, per: Duration = .seconds(1), burst: Int = 2, maxWait: Duration = .zero,
    adaptive: Bool = true, mode: PolicyMode = .enforce
  ) -> RateLimit {
    let rule = RateLimitRule(
      rate: rate, per: per, burst: burst, maxWait: maxWait, adaptive: adaptive)
    return RateLimit(rules: { _ in rule }, state: state, mode: mode, time: time.source)
  }

  /// Runs the policy before a last step that succeeds, or fails with `problem`.
  @discardableResult
  func send(
    _ policy: RateLimit, _ exchange: Exchange? = nil, problem: Problem? = nil
  ) async throws -> Journal.Entry {
    let exchange = try exchange ?? ExampleAPI.settled()
    let success = Reply(status: 200, contentType: nil, body: [], upstreamRequestID: nil)
    let upstream = ScriptedUpstream(problem.map { .failure($0) } ?? .success(success))
    _ = try await policy.handle(exchange, next: upstream.next)
    return exchange.journal.entry
  }

  func refusal(_ policy: RateLimit, _ exchange: Exchange? = nil) async throws -> Problem {
    try await #require(throws: Problem.self) { try await send(policy, exchange) }
  }

  @Test("over its own limit a caller gets 429 with its name, whatever the merchant")
  func callersLimit() async throws {
    let general = RateLimitRule(rate: 100, per: .seconds(1), burst: 100)
    let policy = RateLimit(
      rules: { _ in general },
      callerRules: ["coupon-service": RateLimitRule(rate: 2, per: .seconds(60), burst: 1)],
      state: state, time: time.source)
    func exchange(_ caller: String?, _ merchant: String) throws -> Exchange {
      var exchange = try ExampleAPI.settled(merchant: merchant)
      exchange.grant = Grant(caller: caller, merchants: .all, operations: .all)
      return exchange
    }
    let entry = try await send(policy, exchange("coupon-service", "1"))
    #expect(entry.callerQuota?.remaining == 0 && entry.quota?.remaining == 99)
    let problem = try await refusal(policy, exchange("coupon-service", "2"))
    #expect(problem.message == "caller coupon-service may call 2 times per minute")
    #expect(problem.retryAfter == .seconds(30))
    // Others are not concerned.
    for caller in ["another", nil] {
      #expect(try await send(policy, exchange(caller, "1")).callerQuota == nil)
    }
    #expect(policy.quota(ofCaller: "coupon-service")?.limit == 1)
    #expect(policy.quota(ofCaller: "another") == nil)
  }

  @Test("what is over the limit gets 429 with the time until its turn")
  func refused() async throws {
    let policy = policy()
    try await send(policy)
    try await send(policy)
    time.advance(by: .milliseconds(30))
    let problem = try await refusal(policy)
    #expect(problem.kind == .frequencyLimited)
    #expect(problem.kind.status == 429 && problem.outcome == .notSent && problem.kind.retryable)
    #expect(problem.source == .gateway)
    #expect(problem.retryAfter == .milliseconds(70))
    #expect(problem.message == "merchant 1900000001 may call 10 times per second")
    time.advance(by: .milliseconds(70))
    try await send(policy)
  }

  @Test(
    "the message names the configured rate",
    arguments: [
      (Duration.seconds(1), "second"), (.seconds(60), "minute"), (.seconds(3600), "hour"),
      (.seconds(10), "10 seconds"), (.milliseconds(250), "250 milliseconds"),
    ])
  func message(_ per: Duration, _ words: String) async throws {
    let policy = policy(rate: 3, per: per, burst: 1)
    try await send(policy)
    #expect(
      try await refusal(policy).message == "merchant 1900000001 may call 3 times per \(words)")
  }

  @Test("the quota counts down, says when it is full again, and stands in refusals too")
  func quota() async throws {
    let policy = policy(rate: 10, burst: 3)
    let window = Duration.milliseconds(300)
    #expect(
      try await send(policy).quota
        == Quota(limit: 3, window: window, remaining: 2, reset: .milliseconds(100)))
    #expect(
      try await send(policy).quota
        == Quota(limit: 3, window: window, remaining: 1, reset: .milliseconds(200)))
    try await send(policy)
    let exchange = try ExampleAPI.settled()
    _ = try await refusal(policy, exchange)
    #expect(
      exchange.journal.entry.quota == Quota(limit: 3, window: window, remaining: 0, reset: window))
    #expect(policy.quota(of: MerchantID("1900000001")).remaining == 0)
    #expect(policy.quota(of: MerchantID("1900000002")).remaining == 3)
  }

  @Test("with max_wait a request waits for its turn, and no longer than that")
  func waits() async throws {
    let policy = policy(rate: 10, burst: 1, maxWait: .milliseconds(150))
    try await send(policy)
    try await send(policy)
    #expect(time.sleeps == [.milliseconds(100)])
    // The clock moved with the sleep: the next one waits again.
    try await send(policy)
    #expect(time.sleeps == [.milliseconds(100), .milliseconds(100)])
    let other = RateLimit(
      rules: { _ in
        RateLimitRule(rate: 10, per: .seconds(1), burst: 1, maxWait: .milliseconds(99))
      }, state: state, time: time.source)
    #expect(try await refusal(other).retryAfter == .milliseconds(100))
    #expect(time.sleeps.count == 2)
  }

  @Test("a request does not wait beyond its deadline")
  func deadline() async throws {
    let policy = policy(rate: 1, per: .seconds(60), burst: 1, maxWait: .seconds(60))
    try await send(policy)
    let problem = try await refusal(policy, ExampleAPI.settled(deadline: .seconds(5)))
    #expect(problem.retryAfter == .seconds(60))
    #expect(time.sleeps.isEmpty)
  }

  @Test("observe refuses nothing, never waits, and notes what it would have refused")
  func observe() async throws {
    let policy = policy(rate: 1, burst: 1, maxWait: .seconds(10), mode: .observe)
    #expect(try await send(policy).observed.isEmpty)
    for _ in 0..<3 {
      #expect(
        try await send(policy).observed
          == [Journal.Observed(policy: "rate_limit", code: "FREQUENCY_LIMITED")])
    }
    #expect(time.sleeps.isEmpty)
  }

  @Test("a request without a merchant is not limited")
  func withoutMerchant() async throws {
    let policy = policy(rate: 1, burst: 1)
    for _ in 0..<3 { try await send(policy, ExampleAPI.exchange()) }
  }

  @Test("an operation's own limit holds besides the merchant's, and the message names it")
  func operationLimit() async throws {
    // createStock: 1000 per 60 s, of which a tenth may come at once.
    let policy = policy(rate: 1_000_000, burst: 1_000_000)
    func create() throws -> Exchange {
      try ExampleAPI.settled(
        "POST", "/v3/marketing/busifavor/stocks", body: #"{"out_request_no":"1"}"#)
    }
    let limit = try #require(try create().operation.rateLimit)
    for _ in 0..<limit.burst { try await send(policy, create()) }
    let problem = try await refusal(policy, create())
    #expect(problem.kind == .frequencyLimited)
    #expect(problem.message.contains("createStock"))
    #expect(try #require(problem.retryAfter) > .zero)
    let exchange = try create()
    _ = try await refusal(policy, exchange)
    let quota = try #require(exchange.journal.entry.operationQuota)
    #expect(quota.limit == limit.burst && quota.remaining == 0)
    #expect(exchange.journal.entry.quota?.remaining ?? 0 > 0)
    // Another operation goes on.
    try await send(policy)
  }

  static let limitedUpstream = Problem(
    .frequencyLimited, "频率限制", source: .wechatpay, outcome: .refused,
    upstream: UpstreamError(status: 429, code: "FREQUENCY_LIMITED", verified: true))

  @Test("a 429 of WeChat Pay halves the merchant's rate at once, and it recovers step by step")
  func adaptive() async throws {
    let policy = policy(rate: 100, burst: 100)
    let merchant = MerchantID("1900000001")
    await #expect(throws: Problem.self) { try await send(policy, problem: Self.limitedUpstream) }
    #expect(policy.quota(of: merchant).limit == 50)
    #expect(policy.quota(of: MerchantID("1900000002")).limit == 100)
    // Others that were under way at the same moment do not halve it again.
    time.advance(by: .milliseconds(200))
    await #expect(throws: Problem.self) { try await send(policy, problem: Self.limitedUpstream) }
    #expect(policy.quota(of: merchant).limit == 50)
    var limits: [Int] = []
    for _ in 0..<6 {
      time.advance(by: .seconds(5))
      limits.append(policy.quota(of: merchant).limit)
    }
    #expect(limits == limits.sorted() && limits[0] > 50 && limits[0] < 100)
    #expect(limits.last == 100, "full again, and never above")
    time.advance(by: .seconds(3600))
    #expect(policy.quota(of: merchant).limit == 100)
  }

  @Test("repeated 429s slow down further, but not without end")
  func adaptiveFloor() async throws {
    let policy = policy(rate: 100, burst: 128)
    for _ in 0..<20 {
      time.advance(by: .seconds(2))
      let problem = await #expect(throws: Problem.self) {
        try await send(policy, problem: Self.limitedUpstream)
      }
      #expect(problem?.upstream != nil, "was let through to WeChat Pay")
    }
    #expect(policy.quota(of: MerchantID("1900000001")).limit >= 2)
  }

  @Test("the slowed rate is what requests get")
  func slowedRate() async throws {
    let policy = policy(rate: 10, burst: 1)
    await #expect(throws: Problem.self) { try await send(policy, problem: Self.limitedUpstream) }
    #expect(try await refusal(policy).retryAfter == .milliseconds(100))
    time.advance(by: .milliseconds(100))
    try await send(policy)
    #expect(try await refusal(policy).retryAfter == .milliseconds(200))
  }

  @Test(
    "nothing else slows a merchant down",
    arguments: [
      Problem(.frequencyLimited, "the gateway's own"),
      Problem(
        .systemError, "", source: .wechatpay, upstream: UpstreamError(status: 500, verified: true)),
      // Counted by the request that it was made for.
      limitedUpstream.replay(),
    ])
  func notAdaptive(_ problem: Problem) async throws {
    let policy = policy(rate: 100, burst: 100)
    await #expect(throws: Problem.self) { try await send(policy, problem: problem) }
    #expect(policy.quota(of: MerchantID("1900000001")).limit == 100)
  }

  @Test("adaptive = false leaves the rate as it is")
  func adaptiveOff() async throws {
    let policy = policy(rate: 100, burst: 100, adaptive: false)
    await #expect(throws: Problem.self) { try await send(policy, problem: Self.limitedUpstream) }
    #expect(policy.quota(of: MerchantID("1900000001")).limit == 100)
  }
}
