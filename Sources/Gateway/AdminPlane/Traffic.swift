// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Telemetry

/// What requests came to over the last minutes: differences of what the counters said at the time,
/// so that requests pay nothing for it.
final class Traffic: Sendable {
  struct Tally: Sendable, Equatable {
    var requests = 0
    /// Answered with 4xx: the caller's mistake, or a limit.
    var refused = 0
    /// Answered with 5xx.
    var failed = 0

    static func - (a: Tally, b: Tally) -> Tally {
      Tally(
        requests: a.requests - b.requests, refused: a.refused - b.refused,
        failed: a.failed - b.failed)
    }

    static func += (a: inout Tally, b: Tally) {
      a.requests += b.requests
      a.refused += b.refused
      a.failed += b.failed
    }
  }

  /// What the counters said at one time.
  struct Moment: Sendable {
    var time: ContinuousClock.Instant
    var total = Tally()
    /// By merchant; "none" for requests of none.
    var merchants: [String: Tally] = [:]
  }

  static let interval = Duration.seconds(15)
  /// A quarter of an hour.
  private static let momentsKept = 61

  private let moments = Guarded<[Moment]>([])
  private let metrics: GatewaySeries

  init(_ metrics: GatewaySeries) {
    self.metrics = metrics
    note()
  }

  /// Meant to be called once an interval.
  func note(at time: ContinuousClock.Instant = .now) {
    let moment = moment(at: time)
    moments.withLock { moments in
      moments.append(moment)
      moments.removeFirst(max(0, moments.count - Self.momentsKept))
    }
  }

  /// Since the last moment that is at least so long ago, or since the first one.
  func tally(last duration: Duration, at time: ContinuousClock.Instant = .now) -> Moment {
    var now = moment(at: time)
    guard
      let before = moments.withLock({ moments in
        moments.last { $0.time <= time - duration } ?? moments.first
      })
    else { return now }
    now.total = now.total - before.total
    for (merchant, tally) in before.merchants {
      now.merchants[merchant] = (now.merchants[merchant] ?? Tally()) - tally
    }
    return now
  }

  /// The intervals of the last quarter of an hour, oldest first; the last one is not over.
  func history(at time: ContinuousClock.Instant = .now) -> [Tally] {
    let all = moments.withLock { $0 } + [moment(at: time)]
    return zip(all.dropFirst(), all).map { $0.total - $1.total }
  }

  private func moment(at time: ContinuousClock.Instant) -> Moment {
    var moment = Moment(time: time)
    for (labels, count) in metrics.totals(of: GatewayMetrics.requests) {
      let status = labels[GatewayMetrics.requestStatusLabel]
      let tally = Tally(
        requests: count, refused: status.hasPrefix("4") ? count : 0,
        failed: status.hasPrefix("5") ? count : 0)
      moment.total += tally
      moment.merchants[labels[GatewayMetrics.requestMerchantLabel], default: Tally()] += tally
    }
    return moment
  }
}
