// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import GatewayCore
internal import Policies
internal import Telemetry

/// The gateway's metrics. The series that requests count in are found once: then each costs a few
/// nanoseconds.
final class GatewaySeries: Sendable {
  /// What a request is counted by.
  struct Answer: Hashable {
    /// The operation's id; "none" for a request that has no route.
    var operation: String
    var merchant: MerchantID?
    var status: Int
    var code: String
    var source: String

    // Enough to tell most of them apart; the rest is compared.
    func hash(into hasher: inout Hasher) {
      hasher.combine(merchant)
      hasher.combine(status)
    }
  }

  private struct Turn: Hashable {
    var merchant: MerchantID
    var decision: RateLimit.Event
  }

  let retries: Counter
  private let metrics = Metrics(GatewayMetrics.all)
  private let stages: [Histogram]
  private let deduplicated: [Deduplicate.Event: Counter]
  private let answers = Guarded<[Answer: (Counter, Histogram)]>([:])
  private let turns = Guarded<[Turn: Counter]>([:])
  private let attempts = Guarded<[String: Counter]>([:])

  init() {
    let metrics = metrics
    retries = metrics.counter(GatewayMetrics.retries)
    stages = Stage.allCases.map {
      metrics.histogram(GatewayMetrics.stageDuration, ["\($0.name)"])
    }
    deduplicated = Dictionary(
      uniqueKeysWithValues: Deduplicate.Event.allCases.filter { $0 != .storeFailure }.map {
        ($0, metrics.counter(GatewayMetrics.deduplicated, [$0.rawValue]))
      })
  }

  /// For what happens seldom.
  func counter(_ family: MetricFamily, _ labels: [String] = []) -> Counter {
    metrics.counter(family, labels)
  }

  /// What the counters of a family have come to.
  func totals(of family: MetricFamily) -> [(labels: [String], value: Int)] {
    metrics.totals(of: family)
  }

  /// `/metrics`.
  func text(_ samples: [Metrics.Sample] = []) -> String { metrics.text(samples) }

  func count(_ answer: Answer, nanoseconds: Int64, _ entry: Journal.Entry) {
    let (counter, duration) = series(of: answer)
    counter.add()
    duration.observe(nanoseconds: nanoseconds)
    for time in entry.stages { stages[time.stage.rawValue].observe(nanoseconds: time.nanoseconds) }
    if entry.attempts > 1 { retries.add(entry.attempts - 1) }
    for refusal in entry.observed {
      metrics.counter(GatewayMetrics.observed, [refusal.policy, refusal.code]).add()
    }
  }

  /// A request was signed for a host.
  func countAttempt(at origin: String) {
    attempts.withLock { attempts in
      if let known = attempts[origin] { return known }
      let counter = metrics.counter(GatewayMetrics.attempts, [origin])
      if attempts.count < Metrics.seriesLimit { attempts[origin] = counter }
      return counter
    }.add()
  }

  func count(_ event: Deduplicate.Event) { deduplicated[event]?.add() }

  func count(_ event: RateLimit.Event, _ merchant: MerchantID) {
    turns.withLock { turns in
      let turn = Turn(merchant: merchant, decision: event)
      if let known = turns[turn] { return known }
      let family =
        event == .slowedDown ? GatewayMetrics.slowedDown : GatewayMetrics.rateLimited
      let counter = metrics.counter(
        family, event == .slowedDown ? [merchant.text] : [merchant.text, event.rawValue])
      if turns.count < Metrics.seriesLimit { turns[turn] = counter }
      return counter
    }.add()
  }

  private func series(of answer: Answer) -> (Counter, Histogram) {
    answers.withLock { answers in
      if let known = answers[answer] { return known }
      let counter = metrics.counter(
        GatewayMetrics.requests,
        [
          answer.operation, answer.merchant?.text ?? "none", String(answer.status), answer.code,
          answer.source,
        ])
      let series = (
        counter, metrics.histogram(GatewayMetrics.requestDuration, [answer.operation])
      )
      // Codes of WeChat Pay are not a closed set.
      if answers.count < Metrics.seriesLimit { answers[answer] = series }
      return series
    }
  }
}
