// SPDX-License-Identifier: Apache-2.0
internal import Clocks
package import GatewayCore
internal import OpenAPI

/// Answers a repeated request number with the first answer and refuses it with other content
/// (CONTRACT 2.4).
package final class Deduplicate: Policy {
  package static let stage = Stage.deduplicate

  package struct Settings: Sendable {
    /// How long a number is remembered.
    package var lifetime: Duration
    /// How long a claim is this gateway's alone, for stores that several gateways share; more than
    /// a request can take.
    package var lease: Duration
    /// Whether a request goes on when the store fails, or gets 503.
    package var forwardsOnStoreFailure: Bool
    package var mode: PolicyMode

    package init(
      lifetime: Duration, lease: Duration, forwardsOnStoreFailure: Bool = true,
      mode: PolicyMode = .enforce
    ) {
      self.lifetime = lifetime
      self.lease = lease
      self.forwardsOnStoreFailure = forwardsOnStoreFailure
      self.mode = mode
    }
  }

  /// What became of a numbered request, for metrics.
  package enum Event: String, Sendable, CaseIterable {
    case miss
    /// Replayed from the store.
    case hit
    case joined, recovered, conflict
    case storeFailure = "store_failure"
  }

  private let store: any RequestNumberStore
  private let flights: Flights
  private let settings: Settings
  private let time: TimeSource
  private let report: @Sendable (Event, StoreFailure?) -> Void

  /// - Parameter report: told what became of each numbered request, and of every failure of the
  ///   store.
  package init(
    store: any RequestNumberStore, flights: Flights, settings: Settings, time: TimeSource = .system,
    report: @escaping @Sendable (Event, StoreFailure?) -> Void
  ) {
    self.store = store
    self.flights = flights
    self.settings = settings
    self.time = time
    self.report = report
  }

  package func handle(_ exchange: Exchange, next: Next) async throws(Problem) -> Reply {
    guard let merchant = exchange.merchant, let number = exchange.requestNumber else {
      return try await next(exchange)
    }
    let key = RequestKey(merchant: merchant, operation: exchange.operation.id, number: number)
    let fingerprint = Fingerprint(of: exchange)
    switch await flights.board(key, fingerprint) {
    case .joined(let landing):
      report(.joined, nil)
      return try landing.replayed()
    case .otherContent:
      return try await refuse(exchange, next)
    case .lead:
      // Caught and thrown again outside, so that no way out can forget to land.
      let landing = await lead(exchange, key, fingerprint, next)
      flights.land(key, landing)
      return try landing.get()
    }
  }

  @inline(never)
  private func lead(
    _ exchange: Exchange, _ key: RequestKey, _ fingerprint: Fingerprint, _ next: Next
  ) async -> Flights.Landing {
    do throws(Problem) {
      switch try await claim(key, fingerprint, exchange) {
      case .answered(let answer):
        report(.hit, nil)
        return .success(Reply(replaying: answer))
      case .otherContent:
        return .success(try await refuse(exchange, next))
      case .grantedAfterUnknown:
        report(.recovered, nil)
        return await go(exchange, Claim(key, fingerprint, recovered: true), next)
      case .granted, .inFlight, .done:
        report(.miss, nil)
        return await go(exchange, Claim(key, fingerprint), next)
      case nil:
        report(.miss, nil)
        return await go(exchange, Claim(key, fingerprint, isRecorded: false), next)
      }
    } catch {
      return .failure(error)
    }
  }

  /// What is sent, and what is known of its number.
  private struct Claim {
    let key: RequestKey
    let fingerprint: Fingerprint
    /// Whether the same content was sent before and nobody knows how that ended.
    let isRecovered: Bool
    /// Whether the store took it. Otherwise what the store has under the number is not this request's
    /// to take away.
    let isRecorded: Bool

    init(
      _ key: RequestKey, _ fingerprint: Fingerprint, recovered: Bool = false,
      isRecorded: Bool = true
    ) {
      self.key = key
      self.fingerprint = fingerprint
      isRecovered = recovered
      self.isRecorded = isRecorded
    }
  }

  /// The intent is in the store before the first byte goes out.
  ///
  /// - Returns: `nil` when the store failed and the request goes on all the same.
  private func claim(
    _ key: RequestKey, _ fingerprint: Fingerprint, _ exchange: Exchange
  ) async throws(Problem) -> StoreReply? {
    let claim = StoreOperation.claim(
      key, fingerprint: fingerprint, lifetime: settings.lifetime, lease: settings.lease)
    var isInFlight = false
    while true {
      let reply = await perform(claim)
      // Once it is known to be on its way elsewhere, a store that fails does not make it new.
      if reply == nil, !isInFlight {
        if !settings.forwardsOnStoreFailure {
          try settings.mode.refuse(
            Problem(
              .overloaded, "the request number could not be recorded, so nothing was sent",
              retryAfter: .seconds(1)),
            by: Self.name, exchange)
        }
        return nil
      }
      if let reply, reply != .inFlight { return reply }
      isInFlight = true
      // Another gateway on the same store has it: its answer will be in the store.
      guard Moment.now + Self.pollInterval < exchange.deadline else {
        throw Problem(
          .upstreamTimeout, "a request with the same number is still in flight at another gateway",
          retryAfter: .seconds(1))
      }
      await time.sleep(Self.pollInterval)
    }
  }

  private static let pollInterval = Duration.milliseconds(50)

  @inline(never)
  private func go(_ exchange: Exchange, _ claim: Claim, _ next: Next) async -> Flights.Landing {
    do throws(Problem) {
      var reply = try await next(exchange)
      reply.recovered = reply.recovered || claim.isRecovered
      // The verified answer is in the store before the caller sees it; when the store fails, the
      // claim that stays makes the next request with this number a recovered one.
      let stored = await perform(
        .answered(claim.key, fingerprint: claim.fingerprint, StoredAnswer(reply)))
      if case .answered(let first) = stored { return .success(Reply(replaying: first)) }
      return .success(reply)
    } catch {
      // What was unknown before stays so, whatever became of this attempt.
      if error.outcome == .unknown || claim.isRecovered {
        _ = await perform(.unknown(claim.key))
      } else if claim.isRecorded {
        _ = await perform(.released(claim.key))
      }
      return .failure(claim.isRecovered ? error.afterUnknown() : error)
    }
  }

  /// `nil`: the store failed, which has been reported.
  private func perform(_ operation: StoreOperation) async -> StoreReply? {
    do throws(StoreFailure) {
      return try await store.perform([operation]).first
    } catch {
      report(.storeFailure, error)
      return nil
    }
  }

  private func refuse(_ exchange: Exchange, _ next: Next) async throws(Problem) -> Reply {
    report(.conflict, nil)
    try settings.mode.refuse(
      Problem(.requestNumberReused, "the request number was used before with other content"),
      by: Self.name, exchange)
    return try await next(exchange)
  }
}

extension Flights.Landing {
  fileprivate func replayed() throws(Problem) -> Reply {
    switch self {
    case .success(var reply):
      reply.replayed = true
      return reply
    case .failure(let problem):
      throw problem.replay()
    }
  }
}

extension Reply {
  fileprivate init(replaying answer: StoredAnswer) {
    self.init(
      status: answer.status, contentType: answer.contentType, body: answer.body,
      upstreamRequestID: answer.upstreamRequestID, replayed: true, recovered: answer.recovered)
  }
}

extension StoredAnswer {
  fileprivate init(_ reply: Reply) {
    self.init(
      status: reply.status, contentType: reply.contentType, body: reply.body,
      upstreamRequestID: reply.upstreamRequestID, recovered: reply.recovered)
  }
}
