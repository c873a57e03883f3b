// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import GatewayCore
internal import HTTP
internal import OpenAPI
internal import Telemetry

/// What the log and the metrics learn of one request.
struct AccessRecord {
  private let id: RequestID
  private let method: String
  private let trace: TraceContext?
  private let received: Moment
  /// The operation's id; `nil` for a request that was not routed.
  let operation: String?
  private let entry: Journal.Entry
  var merchant: MerchantID? { entry.merchant }
  var caller: String? { entry.caller }
  private let status: Int
  private let problem: Problem?
  private let replayed: Bool
  private let recovered: Bool

  init(
    id: RequestID, request: HTTPRequest, operation: String?, _ result: Result<Reply, Problem>,
    _ entry: Journal.Entry
  ) {
    self.id = id
    method = request.method
    trace = TraceContext(request.headers)
    received = request.received
    self.operation = operation
    self.entry = entry
    switch result {
    case .success(let reply):
      status = reply.status
      problem = nil
      replayed = reply.replayed
      recovered = reply.recovered
    case .failure(let problem):
      status = problem.kind.status
      self.problem = problem
      replayed = problem.replayed
      recovered = false
    }
  }

  func write(to log: Log, _ metrics: GatewaySeries) {
    let duration = Moment.now.nanoseconds - received.nanoseconds
    metrics.count(
      GatewaySeries.Answer(
        operation: operation ?? "none", merchant: entry.merchant, status: status,
        code: problem?.kind.code ?? "OK", source: (problem?.source ?? .wechatpay).rawValue),
      nanoseconds: duration, entry)
    log.access(
      problem?.kind == .defect ? .error : .info, "answered", mayBeLeftOut: isRoutine
    ) { line in
      line.add("request_id", id.text)
      add(trace, to: &line)
      line.add("caller", entry.caller)
      line.add("merchant", entry.merchant?.text)
      line.add("method", method)
      line.add("operation", operation)
      line.add("request_number", entry.requestNumber)
      line.add("status", status)
      if let problem { add(problem, to: &line) }
      line.add("replayed", replayed)
      line.add("recovered", recovered)
      line.add("attempts", entry.attempts)
      line.add("seconds", nanoseconds: duration)
      line.add("stages", entry.stageTimes)
      if !entry.observed.isEmpty {
        line.add("observed", entry.observed.map { "\($0.policy): \($0.code)" })
      }
    }
  }

  /// A success at the first attempt, one of many: what failed or was odd always has its line.
  private var isRoutine: Bool {
    problem == nil && !recovered && entry.attempts <= 1 && entry.observed.isEmpty
  }

  private func add(_ problem: Problem, to line: inout LogLine) {
    line.add("code", problem.kind.code)
    line.add("outcome", problem.outcome.rawValue)
    line.add("source", problem.source.rawValue)
    line.add("upstream_status", problem.upstream?.status)
    line.add("upstream_request_id", problem.upstream?.requestID)
    line.add("cause", problem.cause)
  }

  private func add(_ trace: TraceContext?, to line: inout LogLine) {
    guard let trace else { return }
    line.add("trace_id", trace.traceID)
    line.add("span_id", trace.spanID)
    line.add("parent_span_id", trace.parentSpanID)
    line.add("tracestate", trace.state)
  }
}
