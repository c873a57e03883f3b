// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore
package import HTTP

/// WeChat Pay's entry and its backup, each behind a circuit breaker. Outlives a reload that leaves
/// them as they are.
package final class Hosts: Sendable {
  package struct Status: Sendable, Equatable {
    package var origin: String
    package var phase: CircuitBreaker.Phase
  }

  /// In the order of preference.
  package let origins: [String]
  private let breakers: Guarded<[CircuitBreaker]>
  private let time: TimeSource
  private let changed: @Sendable (Status) -> Void

  /// - Parameters:
  ///   - origins: scheme, host and port, without a trailing slash; at least one, the backup last.
  ///   - changed: told when a circuit opens, lets a probe through, or closes.
  package init(
    _ origins: [String], time: TimeSource = .system,
    changed: @escaping @Sendable (Status) -> Void = { _ in }
  ) {
    precondition(!origins.isEmpty)
    self.origins = origins
    self.time = time
    self.changed = changed
    breakers = Guarded(origins.map { _ in CircuitBreaker() })
  }

  /// The host that a request should try now: the first whose circuit lets it through, those that
  /// this request has found unreachable last. `nil` when every circuit is open.
  package func next(avoiding unreachable: Set<String> = []) -> String? {
    let now = time.monotonicNanoseconds()
    let order =
      origins.indices.filter { !unreachable.contains(origins[$0]) }
      + origins.indices.filter { unreachable.contains(origins[$0]) }
    let choice: (index: Int, isProbe: Bool)? = breakers.withLock { breakers in
      for index in order {
        let before = breakers[index].phase
        if breakers[index].admits(now: now) { return (index, before == .open) }
      }
      return nil
    }
    guard let choice else { return nil }
    let origin = origins[choice.index]
    if choice.isProbe { changed(Status(origin: origin, phase: .halfOpen)) }
    return origin
  }

  /// Until a circuit lets a request through again.
  package func wait() -> Duration {
    let now = time.monotonicNanoseconds()
    return breakers.withLock { breakers in
      .nanoseconds(breakers.map { $0.waitNanoseconds(now: now) }.min() ?? 0)
    }
  }

  /// The host answered, whatever it said.
  package func reached(_ origin: String) {
    change(origin) { breaker in
      defer { breaker.succeeded() }
      return breaker.phase != .closed
    }
  }

  /// The host could not be reached, or did not answer in time.
  package func failed(_ origin: String, _ failure: TransportFailure) {
    // Something that answers nonsense is there.
    guard failure.reason != .malformed else { return reached(origin) }
    let now = time.monotonicNanoseconds()
    change(origin) { $0.failed(now: now) }
  }

  package var statuses: [Status] {
    breakers.withLock { breakers in
      zip(origins, breakers).map { Status(origin: $0, phase: $1.phase) }
    }
  }

  private func change(_ origin: String, _ body: (inout CircuitBreaker) -> Bool) {
    guard let index = origins.firstIndex(of: origin) else { return }
    let news: Status? = breakers.withLock { breakers in
      body(&breakers[index]) ? Status(origin: origin, phase: breakers[index].phase) : nil
    }
    if let news { changed(news) }
  }
}
