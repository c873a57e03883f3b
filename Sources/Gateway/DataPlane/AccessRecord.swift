// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import HTTP
internal import OpenAPI
internal import Telemetry

/// What the log and the metrics learn of one request.
struct AccessRecord {
  private let id: RequestID
  private let method: String
  private let trace: String?
  private let received: ContinuousClock.Instant
  /// The operation's id, once the request is routed.
  var operation: String?
  private var entry = Journal.Entry()
  private var status = 0
  private var problem: Problem?
  private var replayed = false
  private var recovered = false

  init(id: RequestID, request: HTTPRequest) {
    self.id = id
    method = request.method
    trace = traceID(request.headers["traceparent"])
    received = request.received
  }

  mutating func finish(_ result: Result<Reply, Problem>, _ entry: Journal.Entry) {
    self.entry = entry
    switch result {
    case .success(let reply):
      status = reply.status
      replayed = reply.replayed
      recovered = reply.recovered
    case .failure(let problem):
      status = problem.kind.status
      replayed = problem.replayed
      self.problem = problem
    }
  }

  func write(to log: Log, _ metrics: Metrics) {
    let duration = ContinuousClock.now - received
    count(duration, metrics)
    let upstream = problem?.upstream
    log(
      problem?.kind == .defect ? .error : .info, "answered", kind: .access,
      [
        "request_id": .text(id.text), "trace_id": trace.map(LogValue.text),
        "caller": entry.caller.map(LogValue.text),
        "merchant": entry.merchant.map { .text($0.text) },
        "method": .text(method), "operation": operation.map(LogValue.text),
        "request_number": entry.requestNumber.map(LogValue.text), "status": .whole(status),
        "code": problem.map { .text($0.kind.code) },
        "outcome": problem.map { .text($0.outcome.rawValue) },
        "source": problem.map { .text($0.source.rawValue) },
        "upstream_status": upstream.map { .whole($0.status) },
        "upstream_request_id": upstream?.requestID.map(LogValue.text),
        "cause": problem?.cause.map(LogValue.text), "replayed": .flag(replayed),
        "recovered": .flag(recovered),
        "attempts": .whole(entry.attempts), "seconds": .seconds(duration),
        "stages": .durations(entry.stages.map { ($0.name, $0.duration) }),
        "observed": entry.observed.isEmpty
          ? nil : .list(entry.observed.map { "\($0.policy): \($0.code)" }),
      ])
  }

  private func count(_ duration: Duration, _ metrics: Metrics) {
    let operation = operation ?? "none"
    metrics.add(
      GatewayMetrics.requests,
      [
        operation, entry.merchant?.text ?? "none", String(status), problem?.kind.code ?? "OK",
        problem.map(\.source.rawValue) ?? "wechatpay",
      ])
    metrics.observe(GatewayMetrics.requestDuration, [operation], duration)
    for stage in entry.stages {
      metrics.observe(GatewayMetrics.stageDuration, [stage.name], stage.duration)
    }
    for refusal in entry.observed {
      metrics.add(GatewayMetrics.observed, [refusal.policy, refusal.code])
    }
    if entry.attempts > 1 { metrics.add(GatewayMetrics.retries, [], Double(entry.attempts - 1)) }
  }
}
