// SPDX-License-Identifier: Apache-2.0
import Concurrency
import HTTP

/// A transport that gives one prepared end after the other, and keeps what was sent.
final class ScriptedTransport: Transport {
  enum End: Sendable {
    case answer(InboundAnswer)
    case failure(TransportFailure)
  }

  private struct State: Sendable {
    var ends: [End]
    var sent: [OutboundRequest] = []
  }

  private let state: Guarded<State>

  /// - Parameter ends: for one request after the other; the last one stays.
  init(_ ends: [End]) { state = Guarded(State(ends: ends)) }

  /// Every request, in order.
  var sent: [OutboundRequest] { state.withLock { $0.sent } }

  func send(_ request: OutboundRequest) async throws(TransportFailure) -> InboundAnswer {
    let end = state.withLock { state in
      state.sent.append(request)
      return state.ends.count > 1 ? state.ends.removeFirst() : state.ends[0]
    }
    switch end {
    case .answer(let answer): return answer
    case .failure(let failure): throw failure
    }
  }
}

extension ScriptedTransport.End {
  /// Nothing accepted the connection.
  static let unreachable = Self.failure(
    TransportFailure(.connect, mayHaveBeenSent: false, detail: "refused"))
  static let timeout = Self.failure(
    TransportFailure(.timeout, mayHaveBeenSent: true, detail: "8 s"))
  static let broken = Self.failure(
    TransportFailure(.connectionLost, mayHaveBeenSent: true, detail: "reset"))
  static let malformed = Self.failure(
    TransportFailure(.malformed, mayHaveBeenSent: true, detail: "not HTTP"))
}
