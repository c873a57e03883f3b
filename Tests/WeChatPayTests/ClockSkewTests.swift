// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import HTTP
import TestSupport
import Testing

@testable import WeChatPay

@Suite("The clock's skew")
struct ClockSkewTests {
  private func answer(_ timestamp: Int64, date: String? = nil) -> Headers {
    var headers: Headers = ["Wechatpay-Timestamp": String(timestamp)]
    headers["Date"] = date
    return headers
  }

  @Test("it is known after one answer, and stops signing after three")
  func known() {
    let time = ManualTime(unixSeconds: 1_000_000)
    let skew = ClockSkew(time: time.source)
    #expect(skew.seconds == nil)
    for _ in 0..<2 { skew.measure(answer(1_000_400)) }
    #expect(skew.seconds == 400 && skew.tooLarge == nil)
    skew.measure(answer(1_000_400))
    #expect(skew.seconds == 400 && skew.tooLarge == 400)
  }

  @Test(
    "signing stops above 270 seconds, in both directions",
    arguments: [(270, nil), (271, 271), (-270, nil), (-271, -271)] as [(Int64, Int64?)])
  func limit(ahead: Int64, tooLarge: Int64?) {
    let skew = ClockSkew(time: ManualTime(unixSeconds: 1_000_000).source)
    for _ in 0..<3 { skew.measure(answer(1_000_000 + ahead)) }
    #expect(skew.tooLarge == tooLarge)
  }

  @Test(
    "a wall clock that jumps is noticed at once, and so is one that was set right",
    arguments: [-7200, 7200] as [Int64])
  func jump(seconds: Int64) {
    let time = ManualTime(unixSeconds: 1_000_000)
    let skew = ClockSkew(time: time.source)
    for _ in 0..<3 { skew.measure(answer(1_000_000)) }
    time.jumpWallClock(by: .seconds(seconds))
    #expect(skew.seconds == -seconds && skew.tooLarge == -seconds)
    time.jumpWallClock(by: .seconds(-seconds))
    #expect(skew.seconds == 0 && skew.tooLarge == nil)
  }

  @Test("time that passes is no jump")
  func passing() {
    let time = ManualTime(nanoseconds: 900_000_000, unixSeconds: 1_000_000)
    let skew = ClockSkew(time: time.source)
    for _ in 0..<3 { skew.measure(answer(1_000_000)) }
    for _ in 0..<100 {
      time.advance(by: .milliseconds(700))
      #expect(skew.seconds == 0)
    }
  }

  @Test("WeChat Pay is to be asked for the time while the clock looks wrong, every ten seconds")
  func probing() {
    let time = ManualTime(unixSeconds: 1_000_000)
    let skew = ClockSkew(time: time.source)
    skew.measure(answer(1_000_060))
    time.advance(by: .seconds(20))
    #expect(!skew.isProbeDue)
    skew.measure(answer(1_000_100))
    skew.measure(answer(1_000_100))
    skew.measure(answer(1_000_100))
    #expect(skew.seconds == 80 && !skew.isProbeDue)
    time.advance(by: .seconds(10))
    #expect(skew.isProbeDue)
    skew.measure(answer(1_000_030))
    #expect(skew.seconds == 0 && !skew.isProbeDue)
  }

  @Test("one old answer among good ones is not a skew, nor is a timestamp that Date contradicts")
  func old() {
    let time = ManualTime(unixSeconds: 784_111_777)
    let skew = ClockSkew(time: time.source)
    for timestamp in [784_111_777, 784_111_177, 784_111_177] as [Int64] {
      skew.measure(answer(timestamp))
    }
    #expect(skew.seconds == 0)
    for _ in 0..<3 { skew.measure(answer(784_000_000, date: "Sun, 06 Nov 1994 08:49:39 GMT")) }
    #expect(skew.seconds == 2)
  }

  @Test("values at the edge of 64 bits do no harm")
  func edges() {
    let time = ManualTime(unixSeconds: 1_000_000)
    let skew = ClockSkew(time: time.source)
    for timestamp in [Int64.min, .max, .min] { skew.measure(answer(timestamp)) }
    time.jumpWallClock(by: .seconds(-5000))
    _ = skew.seconds
    time.jumpWallClock(by: .seconds(10_000))
    _ = skew.seconds
  }
}
