// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import Storage
import Testing

@Suite("The memory store's limits")
struct MemoryStoreTests {
  @Test("the oldest answers make room, claims and unknown outcomes never do")
  func eviction() async throws {
    let stores = limited(numbers: 6)
    for number in ["a", "b", "c", "d"] { _ = try await stores.claim(number) }
    _ = try await stores.perform(.answering("b"), .answering("a"), .unknown(.numbered("c")))
    _ = try await stores.claim("e")
    _ = try await stores.claim("f")
    _ = try await stores.claim("g")
    #expect(
      try await stores.claim("b", "other") == .granted, "b was answered first and is forgotten")
    #expect(try await stores.claim("c", "other") == .otherContent)
    #expect(try await stores.claim("d", "other") == .otherContent)
    let statistics = await stores.store.statistics()
    #expect(statistics.claimed + statistics.unknown == 6 && statistics.answered == 0)
  }

  @Test("a store full of claims and unknown outcomes refuses, whole batches, and forgets nothing")
  func full() async throws {
    let stores = limited(numbers: 3)
    _ = try await stores.perform(.claiming("a"), .unknown(.numbered("a")), .claiming("b"))
    let failure = await #expect(throws: StoreFailure.self) {
      _ = try await stores.perform(.claiming("c"), .answering("b"), .claiming("d"), .claiming("e"))
    }
    #expect(failure?.code == .full)
    var statistics = await stores.store.statistics()
    #expect(statistics.claimed == 1 && statistics.unknown == 1 && statistics.answered == 0)
    #expect(try await stores.claim("a") == .grantedAfterUnknown)
    #expect(try await stores.claim("c") == .granted)
    await #expect(throws: StoreFailure.self) { _ = try await stores.claim("d") }
    #expect(try await stores.perform(.answering("b")) == [.done], "outcomes need no room")
    #expect(try await stores.claim("d") == .granted, "the answer made room")
    statistics = await stores.store.statistics()
    #expect(statistics.claimed == 3)
    stores.clock.advance(by: .seconds(3600))
    #expect(try await stores.claim("e") == .granted, "expired claims make room")
  }

  @Test("answers are counted in bytes, too; one that is too large alone is refused")
  func bytes() async throws {
    let stores = limited(bytes: 100_000)
    for number in 0..<10 {
      _ = try await stores.perform(
        .claiming("\(number)"), .answering("\(number)", String(repeating: "x", count: 30_000)))
    }
    let statistics = await stores.store.statistics()
    #expect(statistics.answered == 3)
    #expect(statistics.bytes <= 100_000)
    #expect(try await stores.claim("6") == .granted)
    _ = try await stores.claim("large")
    let failure = await #expect(throws: StoreFailure.self) {
      _ = try await stores.perform(.answering("large", String(repeating: "x", count: 200_000)))
    }
    #expect(failure?.code == .full)
    #expect(try await stores.claim("large") == .grantedAfterUnknown, "its number is still known")
    #expect(
      try await stores.claim("9") == .answered(.saying(String(repeating: "x", count: 30_000))))
  }

  private func limited(numbers: Int = 1000, bytes: Int = 1_000_000) -> StoreUnderTest {
    let clock = TestClock()
    let limits = MemoryStore.Limits(numbers: numbers, bytes: bytes)
    return StoreUnderTest(
      store: MemoryStore(limits: limits, now: { clock.now }), clock: clock)
  }
}
