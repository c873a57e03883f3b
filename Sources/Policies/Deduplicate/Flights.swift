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
    await withCheckedContinuation { continuation in
      let known: Boarding? = flights.withLock { flights in
        guard var flight = flights[key] else {
          flights[key] = Flight(fingerprint: fingerprint)
          return .lead
        }
        guard flight.fingerprint == fingerprint else { return .otherContent }
        flight.waiting.append(continuation)
        flights[key] = flight
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  /// Gives the leader's end to everyone who joined, and forgets the flight.
  package func land(_ key: RequestKey, _ landing: Landing) {
    let waiting = flights.withLock { $0.removeValue(forKey: key)?.waiting ?? [] }
    for continuation in waiting { continuation.resume(returning: .joined(landing)) }
  }
}
