// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import OpenAPI

/// What the attempts of one request have left behind: what may have happened, and where to go next.
struct Trail {
  /// An operation with a request number, or a GET: sending it twice does no harm.
  let mayRepeat: Bool
  /// The first problem that left the outcome unknown.
  private var unknown: Problem?
  private var retriesMade = 0
  private var unreachable: Set<String> = []

  init(mayRepeat: Bool) {
    self.mayRepeat = mayRepeat
  }

  var isUnknown: Bool { unknown != nil }

  func nextHost(of hosts: Hosts) -> String? { hosts.next(avoiding: unreachable) }

  /// How long to wait before the next attempt; `nil` when there is none.
  mutating func pause(
    after failure: Attempt.Failure, at origin: String, _ hosts: Hosts, _ retries: Int,
    _ budget: RetryBudget,
    _ random: Double
  ) -> Duration? {
    if failure.problem.outcome == .unknown, unknown == nil { unknown = failure.problem }
    switch failure.repetition {
    case .never:
      return nil
    case .ifRepeatable where !mayRepeat:
      return nil
    case .always
    where unreachable.insert(origin).inserted && unreachable.count < hosts.origins.count:
      // The way to the backup host is no retry: nothing was sent.
      return .zero
    case .always, .ifRepeatable:
      guard retriesMade < retries, budget.takeRetry() else { return nil }
      defer { retriesMade += 1 }
      // What WeChat Pay asks for is the least (Retry-After: RFC 9110, 10.2.3).
      return max(
        failure.problem.retryAfter ?? .zero,
        Backoff.pause(beforeRetry: retriesMade, random: random))
    }
  }

  /// What to tell the caller: once an attempt may have been carried out, no later one makes that
  /// untrue.
  func ending(_ problem: Problem) -> Problem {
    guard let unknown, problem.outcome != .unknown else { return problem }
    return problem.upstream == nil ? unknown : problem.afterUnknown()
  }
}
