// SPDX-License-Identifier: Apache-2.0
import Concurrency
import GatewayCore
import Storage
import TestSupport
import Testing

/// Every store that has to keep the contract.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case memory
  case sqlite
  case redis

  var testDescription: String { rawValue }

  /// A new store without numbers, and the clock it goes by.
  func make() throws -> StoreUnderTest {
    let clock = TestClock()
    switch self {
    case .memory:
      return StoreUnderTest(store: MemoryStore(now: { clock.now }), clock: clock)
    case .sqlite:
      let folder = try TemporaryFolder()
      let store = try SQLiteStore(path: folder.file("gateway.db"), clock: clock.storeClock)
      return StoreUnderTest(store: store, clock: clock, folder: folder)
    case .redis:
      let server = try RedisServer()
      clock.follow { try server.jump(to: $0) }
      return StoreUnderTest(store: try RedisStore(server.address), clock: clock, server: server)
    }
  }
}

extension RedisServer {
  var address: RedisAddress { RedisAddress(host: "127.0.0.1", port: port) }
}

/// A clock that stands still until it is set.
final class TestClock: Sendable {
  private static let start: Int64 = 1_700_000_000_000

  private let milliseconds = Guarded(TestClock.start)
  private let jumped = Guarded<Int64>(0)
  private let follower = Guarded<(@Sendable (Int) throws -> Void)?>(nil)

  var now: Int64 { milliseconds.withLock { $0 } }

  func advance(by duration: Duration) {
    let now = milliseconds.withLock { now in
      now += duration.components.seconds * 1000
      return now
    }
    #expect(throws: Never.self) {
      try follower.withLock { $0 }?(Int(now - Self.start) / 1000)
    }
  }

  /// Has another clock told how many seconds it has to be ahead of where it was at first.
  func follow(_ follower: @escaping @Sendable (Int) throws -> Void) {
    self.follower.withLock { $0 = follower }
  }

  /// The wall clock alone goes forward or back.
  func jump(by duration: Duration) {
    jumped.withLock { $0 += duration.components.seconds * 1000 }
  }

  var storeClock: StoreClock {
    StoreClock(wall: { self.now + self.jumped.withLock { $0 } }, steady: { self.now })
  }
}

struct StoreUnderTest: Sendable {
  let store: any RequestNumberStore
  let clock: TestClock
  // Kept while the store is in use.
  var folder: TemporaryFolder?
  var server: RedisServer?

  func perform(_ operations: StoreOperation...) async throws -> [StoreReply] {
    try await store.perform(operations)
  }

  /// Claims with a lifetime of an hour.
  func claim(_ number: String, _ content: String = "content") async throws -> StoreReply? {
    try await perform(.claiming(number, content)).first
  }
}

extension StoreOperation {
  static func claiming(
    _ number: String, _ content: String = "content", for lifetime: Duration = .seconds(3600)
  ) -> StoreOperation {
    .claim(.numbered(number), fingerprint: .of(content), lifetime: lifetime, lease: .seconds(60))
  }

  static func answering(
    _ number: String, _ text: String = "done", to content: String = "content"
  ) -> StoreOperation {
    .answered(.numbered(number), fingerprint: .of(content), .saying(text))
  }
}

extension RequestKey {
  static func numbered(_ number: String) -> RequestKey {
    RequestKey(merchant: MerchantID("1900000001"), operation: "upload", number: number)
  }
}

extension Fingerprint {
  static func of(_ content: String) -> Fingerprint {
    Fingerprint(Array(content.utf8) + [UInt8](repeating: 0, count: max(0, 32 - content.utf8.count)))
  }
}

extension StoredAnswer {
  static func saying(_ text: String, recovered: Bool = false) -> StoredAnswer {
    StoredAnswer(
      status: 200, contentType: "application/json", body: Array(text.utf8), upstreamRequestID: "id",
      recovered: recovered)
  }
}
