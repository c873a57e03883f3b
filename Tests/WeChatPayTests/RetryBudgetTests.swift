// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import TestSupport
import Testing
import WeChatPay

@Suite("The retry budget")
struct RetryBudgetTests {
  @Test("an outage is answered with a share of retries, not with as many as are configured")
  func outage() {
    let budget = RetryBudget(time: ManualTime().source)
    var retries = 0
    for _ in 0..<10_000 {
      budget.requestBegan()
      for _ in 0..<2 where budget.takeRetry() { retries += 1 }
    }
    #expect((2000...2100).contains(retries))
  }

  @Test("what was not used is saved up to a limit, and time adds to it")
  func saved() {
    let time = ManualTime()
    let budget = RetryBudget(time: time.source)
    for _ in 0..<1000 { budget.requestBegan() }
    #expect(takeAll(budget) == 100)
    time.advance(by: .seconds(3))
    #expect(takeAll(budget) == 30)
    time.advance(by: .seconds(3600))
    #expect(takeAll(budget) == 100)
  }

  private func takeAll(_ budget: RetryBudget) -> Int {
    var retries = 0
    while budget.takeRetry() { retries += 1 }
    return retries
  }
}
