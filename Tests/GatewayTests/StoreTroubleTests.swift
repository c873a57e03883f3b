// SPDX-License-Identifier: Apache-2.0
import Clocks
import GatewayCore
import Testing

@testable internal import Gateway

@Suite struct StoreTroubleTests {
  @Test("a failure of the store is told of for a minute, the latest only")
  func latest() {
    let trouble = StoreTrouble()
    let start = Moment.now
    #expect(trouble.warning(now: start) == nil)
    trouble.note(StoreFailure(.unavailable, detail: "first"), at: start)
    trouble.note(StoreFailure(.full, detail: "second"), at: start + .seconds(1))
    #expect(
      trouble.warning(now: start + .seconds(4)) == "the store failed 3 s ago: second")
    #expect(trouble.warning(now: start + .seconds(61)) == nil)
  }
}
