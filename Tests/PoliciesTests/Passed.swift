// SPDX-License-Identifier: Apache-2.0
import Concurrency
import GatewayCore

/// The end of a chain that keeps what came to it.
final class Passed: Destination {
  private let state = Guarded<[Exchange]>([])

  var exchange: Exchange? { state.withLock { $0.last } }
  var count: Int { state.withLock { $0.count } }

  var next: Next { Next(to: self) }

  func reply(to exchange: Exchange) async throws(Problem) -> Reply {
    state.withLock { $0.append(exchange) }
    return Reply(status: 200, contentType: nil, body: [], upstreamRequestID: nil)
  }
}
