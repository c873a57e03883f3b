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

  @Test("it is known after three answers, and forgotten half a minute after the last")
  func lifetime() {
    let time = ManualTime(unixSeconds: 1_000_000)
    let skew = ClockSkew(time: time.source)
    for _ in 0..<2 { skew.measure(answer(1_000_400)) }
    #expect(skew.seconds == nil)
    skew.measure(answer(1_000_400))
    #expect(skew.seconds == 400 && skew.tooLarge == 400)
    time.advance(by: .seconds(30))
    #expect(skew.seconds == nil && skew.tooLarge == nil)
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
    let skew = ClockSkew(time: ManualTime(unixSeconds: 1_000_000).source)
    for timestamp in [Int64.min, .max, .min] { skew.measure(answer(timestamp)) }
    _ = skew.seconds
  }
}
