// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import GatewayCore

/// The numbered requests that are inside this gateway right now: single flight. Outlives a reload.
///
/// Bounded by the number of requests that the front end lets in.
package final class Flights: Sendable {
  package typealias Landing = Result<Reply, Problem>

  package enum Boarding: Sendable {
    /// First with this number: go, and call `land` at the end.
    case lead
    /// The same content is on its way; this is how it ended.
    case joined(Landing)
    /// The number is on its way with other content.
    case otherContent
  }

  private struct Flight: Sendable {
    let fingerprint: Fingerprint
    var waiting: [CheckedContinuation<Boarding, Never>] = []
  }

  private let flights = Guarded<[RequestKey: Flight]>([:])

  package init() {}

  /// Requests that wait for another one's answer or are waited for.
  package var count: Int { flights.withLock { $0.values.reduce(0) { $0 + 1 + $1.waiting.count } } }

  /// Requests that wait for another one's answer now, for metrics.
  package var waiting: Int { flights.withLock { $0.values.reduce(0) { $0 + $1.waiting.count } } }

  package func board(_ key: RequestKey, _ fingerprint: Fingerprint) async -> Boarding {
    // Nearly every request leads, and need not be suspended for it.
    if let known = known(key, fingerprint, orWaitAs: nil) { return known }
    return await withCheckedContinuation { continuation in
      if let known = known(key, fingerprint, orWaitAs: continuation) {
        continuation.resume(returning: known)
      }
    }
  }

  /// - Returns: `nil` when the same content is on its way; `waiter` learns how it ends.
  private func known(
    _ key: RequestKey, _ fingerprint: Fingerprint,
    orWaitAs waiter: CheckedContinuation<Boarding, Never>?
  ) -> Boarding? {
    flights.withLock { flights in
      guard let flight = flights[key] else {
        flights[key] = Flight(fingerprint: fingerprint)
        return .lead
      }
      guard flight.fingerprint == fingerprint else { return .otherContent }
      if let waiter { flights[key]?.waiting.append(waiter) }
      return nil
    }
  }

  /// Gives the leader's end to everyone who joined, and forgets the flight.
  package func land(_ key: RequestKey, _ landing: Landing) {
    let waiting = flights.withLock { $0.removeValue(forKey: key)?.waiting ?? [] }
    for continuation in waiting { continuation.resume(returning: .joined(landing)) }
  }
}
