// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import HTTP
import TestSupport
import Testing

@testable import Gateway

@Suite("Responses")
struct ResponseTests {
  @Test("a success carries its headers, and those of a replay or a recovered answer")
  func success() {
    var reply = Reply(
      status: 200, contentType: "application/json", body: [0x7B, 0x7D], upstreamRequestID: "08F7")
    #expect(
      reply.response
        == HTTPResponse(
          status: 200,
          headers: ["Content-Type": "application/json", "Wechatpay-Request-Id": "08F7"],
          body: [0x7B, 0x7D]))
    reply.replayed = true
    reply.recovered = true
    #expect(reply.response.headers["Idempotent-Replayed"] == "true")
    #expect(reply.response.headers["Idempotent-Recovered"] == "true")
    let empty = Reply(status: 204, contentType: nil, body: [], upstreamRequestID: nil)
    #expect(empty.response == HTTPResponse(status: 204))
  }

  @Test(
    "the quota is told in whole seconds",
    arguments: [
      (
        Quota(limit: 10, window: .seconds(1), remaining: 9, reset: .milliseconds(100)), "q=10;w=1",
        "r=9;t=1"
      ),
      (Quota(limit: 1, window: .milliseconds(1), remaining: 0, reset: .zero), "q=1;w=1", "r=0;t=0"),
      (
        Quota(limit: 100, window: .milliseconds(60_001), remaining: 3, reset: .seconds(60)),
        "q=100;w=61", "r=3;t=60"
      ),
      // Three a second: each takes a third, rounded up.
      (
        Quota(
          limit: 3, window: .nanoseconds(1_000_000_002), remaining: 0,
          reset: .nanoseconds(1_000_000_002)), "q=3;w=1", "r=0;t=1"
      ),
    ])
  func quota(_ quota: Quota, _ policy: String, _ limit: String) {
    var headers = Headers()
    headers.add(quota)
    #expect(headers["RateLimit-Policy"] == "\"merchant\";\(policy)")
    #expect(headers["RateLimit"] == "\"merchant\";\(limit)")
  }

  @Test("an operation and a caller with limits of their own have items of their own")
  func quotas() {
    let quota = Quota(limit: 2, window: .seconds(1), remaining: 1, reset: .milliseconds(500))
    var headers = Headers()
    headers.add(quota, operation: quota, caller: quota)
    #expect(
      headers["RateLimit"]
        == ["merchant", "operation", "caller"].map { "\"\($0)\";r=1;t=1" }
        .joined(separator: ", "))
    #expect(
      headers["RateLimit-Policy"]
        == ["merchant", "operation", "caller"].map { "\"\($0)\";q=2;w=1" }.joined(separator: ", "))
  }
}

@Suite("Request identity")
struct RequestIdentityTests {
  @Test(
    "a caller's id is kept when it is one",
    arguments: ["a", "A-z_0.9", String(repeating: "x", count: 128)])
  func kept(_ id: String) {
    #expect(RequestID(keeping: id).text == id)
  }

  @Test(
    "anything else is replaced by a UUIDv7",
    arguments: [
      nil, "", String(repeating: "x", count: 129), "a b", "a\n", "a/b", "a\"b", "\u{E9}", "a;b",
      "a\u{0}", "\u{FF41}",
    ])
  func replaced(_ id: String?) {
    let made = RequestID(keeping: id).text
    #expect(
      made.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
        != nil, "\(made)")
    #expect(made != RequestID(keeping: id).text)
  }

  @Test("the example of RFC 9562, A.6")
  func example() {
    // 0x017F22E279B0 ms; rand_a is 0xCC3, rand_b is 0x18C4DC0C0C07398F without its variant.
    let random = UInt128(0xCC3) << 116 | UInt128(0x18C4_DC0C_0C07_398F)
    #expect(
      uuidV7(milliseconds: 0x017F_22E2_79B0, random: random)
        == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
  }

  @Test("every bit of randomness but version and variant is used, and time leads")
  func bits() {
    #expect(uuidV7(milliseconds: 0, random: 0) == "00000000-0000-7000-8000-000000000000")
    #expect(uuidV7(milliseconds: .max, random: .max) == "ffffffff-ffff-7fff-bfff-ffffffffffff")
    #expect(uuidV7(milliseconds: 1, random: .max) < uuidV7(milliseconds: 2, random: 0))
  }
}
