// SPDX-License-Identifier: Apache-2.0
internal import Clocks
package import GatewayCore
internal import HTTP
internal import OpenAPI

/// The chain's destination, WeChat Pay: sign, send, verify, normalize, and try again where that is
/// safe (CONTRACT 2.5).
package final class Forward: Destination {
  package struct Settings: Sendable {
    /// For one attempt.
    package var timeout: Duration
    /// Attempts after the first.
    package var retries: Int

    package init(timeout: Duration, retries: Int) {
      self.timeout = timeout
      self.retries = retries
    }
  }

  private let merchants: @Sendable (MerchantID) -> Merchant?
  private let transport: SignedTransport
  private let hosts: Hosts
  private let attempt: Attempt
  private let settings: Settings
  private let budget: RetryBudget
  private let time: TimeSource
  private let random: @Sendable () -> Double

  /// - Parameters:
  ///   - budget: what all requests together may spend on retries.
  ///   - random: from 0 to 1, for the jitter.
  package init(
    merchants: @escaping @Sendable (MerchantID) -> Merchant?, transport: SignedTransport,
    hosts: Hosts,
    verifier: AnswerVerifier, settings: Settings, budget: RetryBudget = RetryBudget(),
    time: TimeSource = .system,
    random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
  ) {
    self.merchants = merchants
    self.transport = transport
    self.hosts = hosts
    attempt = Attempt(transport: transport, hosts: hosts, verifier: verifier, time: time)
    self.settings = settings
    self.budget = budget
    self.time = time
    self.random = random
  }

  package func reply(to exchange: Exchange) async throws(Problem) -> Reply {
    guard let merchant = exchange.merchant.flatMap(merchants) else {
      throw Problem(.defect, "the request could not be handled", cause: "no merchant was selected")
    }
    // Before the keys: a clock that is far off makes every certificate look expired.
    do throws(SendFailure) {
      try transport.checkClock()
    } catch {
      throw error.problem
    }
    let call = try await call(exchange, for: merchant)
    budget.requestBegan()
    var trail = Trail(
      mayRepeat: exchange.requestNumber != nil || exchange.operation.method == "GET")
    while true {
      guard exchange.deadline > .now else { throw trail.ending(Self.outOfTime) }
      guard let origin = trail.nextHost(of: hosts) else { throw trail.ending(circuitOpen()) }
      exchange.journal.note { $0.attempts += 1 }
      do throws(Attempt.Failure) {
        let answer = try await attempt.run(
          call, to: origin, keys: merchant.keys, table: exchange.operation.errorTable,
          deadline: exchange.deadline,
          timeout: settings.timeout)
        return try normalized(
          answer, for: exchange, recovered: trail.isUnknown && exchange.requestNumber != nil)
      } catch {
        guard
          let pause = trail.pause(
            after: error, at: origin, hosts, settings.retries, budget, random()),
          pause < exchange.deadline - .now
        else { throw trail.ending(error.problem) }
        if pause > .zero { await time.sleep(pause) }
      }
    }
  }

  @inline(never)
  private func call(_ exchange: Exchange, for merchant: Merchant) async throws(Problem)
    -> SignedCall
  {
    do throws(CertificateFailure) {
      return SignedCall(
        credentials: merchant.credentials, method: exchange.operation.method,
        target: exchange.target,
        body: exchange.request.body.isEmpty ? nil : exchange.request.body,
        verifiableWith: try await merchant.keys.preferred(before: exchange.deadline),
        exchange: exchange)
    } catch {
      throw Problem(
        error.code == .signError ? .signError : .upstreamUnavailable,
        "there is no key yet to verify WeChat Pay's answers with, so nothing was sent",
        outcome: .notSent,
        retryAfter: error.code == .signError ? nil : .seconds(1),
        cause: "certificates: \(error.code.rawValue): \(error.detail)")
    }
  }

  @inline(never)
  private func normalized(
    _ answer: VerifiedAnswer, for exchange: Exchange, recovered: Bool
  ) throws(Attempt.Failure) -> Reply {
    let start = Moment.now
    defer { exchange.journal.ended(.normalize, since: start) }
    var reply = try Reply(
      normalizing: answer, to: exchange.operation.shape(forStatus: answer.status))
    reply.recovered = recovered
    return reply
  }

  private static let outOfTime = Problem(
    .overloaded, "the time for this request ran out before it could be sent",
    retryAfter: .seconds(1))

  private func circuitOpen() -> Problem {
    Problem(
      .upstreamUnavailable, "WeChat Pay could not be reached lately, so nothing was sent",
      retryAfter: max(.milliseconds(100), hosts.wait()), cause: "every circuit is open")
  }
}
