// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Concurrency
internal import GatewayCore
internal import HTTP
internal import HTTPServer
internal import OpenAPI
internal import Policies
internal import Settings
internal import Telemetry

/// One request from the front end to its answer: route, chain, respond, tell the log.
final class DataPlane: Sendable {
  private let current: Guarded<Service>
  private let log: Log
  private let metrics: GatewaySeries
  let problems = RecentProblems()

  init(_ service: Service, log: Log, metrics: GatewaySeries) {
    current = Guarded(service)
    self.log = log
    self.metrics = metrics
  }

  var service: Service { current.withLock { $0 } }

  /// Requests that are inside go on with the service they began with.
  func replaceService(with service: Service) {
    current.withLock { $0 = service }
  }

  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let service = service
    let id = RequestID(keeping: request.headers["X-Request-Id"])
    let journal = Journal()
    let result: Result<Reply, Problem>
    var operation: OpenAPI.Operation?
    do throws(Problem) {
      let exchange = try route(request, id: id, journal: journal, service)
      operation = exchange.operation
      result = .success(try await service.chain(exchange))
    } catch {
      result = .failure(error)
    }
    return finish(request, id: id, operation, result, journal, service)
  }

  /// Tells log and metrics how the request ended, and makes the response.
  @inline(never)
  private func finish(
    _ request: HTTPRequest, id: RequestID, _ operation: OpenAPI.Operation?,
    _ result: Result<Reply, Problem>, _ journal: Journal, _ service: Service
  ) -> HTTPResponse {
    let entry = journal.entry
    let response = respond(result, to: request, id: id, entry, service)
    let record = AccessRecord(id: id, request: request, operation: operation?.id, result, entry)
    if case .failure(let problem) = result { note(problem, id, record, service) }
    record.write(to: log, metrics)
    return response
  }

  private func note(
    _ problem: Problem, _ id: RequestID, _ record: AccessRecord?, _ service: Service
  ) {
    let (title, advice) = service.catalog.errorTable.texts(of: problem)
    problems.note(
      RecentProblems.Entry(
        kind: RecentProblems.Kind(
          code: problem.kind.code, source: problem.source.rawValue, operation: record?.operation,
          merchant: record?.merchant),
        status: problem.kind.status, title: title, advice: advice, requestID: id,
        caller: record?.caller, last: TimeSource.system.unixSeconds()))
  }

  /// The answer to a request that the front end refuses itself.
  func reject(_ rejection: Rejection, _ request: HTTPRequest?) -> HTTPResponse {
    let problem = Problem(rejection)
    let id = RequestID(keeping: request?.headers["X-Request-Id"])
    metrics.counter(GatewayMetrics.rejections, [problem.kind.code]).add()
    note(problem, id, nil, service)
    log.access(.info, "refused before it was whole") { line in
      line.add("request_id", id.text)
      line.add("method", request?.method)
      line.add("status", problem.kind.status)
      line.add("code", problem.kind.code)
      line.add("outcome", problem.outcome.rawValue)
      line.add("source", problem.source.rawValue)
      line.add("reason", problem.message)
    }
    var response = problem.response(
      id: id, texts: service.catalog.errorTable, acceptLanguage: request?.headers["Accept-Language"]
    )
    response.headers.append("X-Request-Id", id.text)
    return response
  }

  @inline(never)
  private func route(
    _ request: HTTPRequest, id: RequestID, journal: Journal, _ service: Service
  ) throws(Problem) -> Exchange {
    switch service.catalog.match(method: request.method, path: request.path) {
    case .operation(let operation, let pathParameters):
      return Exchange(
        id: id, request: request, operation: operation, pathParameters: pathParameters,
        deadline: request.received + service.settings.server.requestTimeout, journal: journal)
    case .methodNotAllowed(let allowed):
      let methods = allowed.joined(separator: ", ")
      throw Problem(
        .methodNotAllowed, "this path takes \(methods)", headers: [(name: "Allow", value: methods)])
    case .notFound:
      throw Problem(.routeNotFound, "no operation has this path")
    case .malformedPath(let violation):
      throw Problem(.paramError, violation.sentence, violations: [violation])
    }
  }

  private func respond(
    _ result: Result<Reply, Problem>, to request: HTTPRequest, id: RequestID,
    _ entry: Journal.Entry, _ service: Service
  ) -> HTTPResponse {
    var response: HTTPResponse
    switch result {
    case .success(let reply):
      response = reply.response
    case .failure(let problem):
      response = problem.response(
        id: id, texts: service.catalog.errorTable,
        acceptLanguage: request.headers["Accept-Language"])
    }
    response.headers.append("X-Request-Id", id.text)
    if let merchant = entry.merchant, let rateLimit = service.rateLimit {
      response.headers.add(
        entry.quota ?? rateLimit.quota(of: merchant), operation: entry.operationQuota,
        caller: entry.callerQuota ?? entry.caller.flatMap(rateLimit.quota(ofCaller:)))
    }
    if service.settings.server.serverTiming { response.headers.addServerTiming(entry.stageTimes) }
    return response
  }
}

extension Problem {
  fileprivate convenience init(_ rejection: Rejection) {
    switch rejection {
    case .bodyTooLarge(let limit):
      self.init(.bodyTooLarge, "the body is larger than \(limit) bytes")
    case .tooSlow:
      self.init(.requestTimeout, "the request was not sent whole in time", retryAfter: .seconds(1))
    case .malformed(let rule):
      self.init(.paramError, "the request is not HTTP as RFC 9112 has it: \(rule)")
    case .overloaded:
      self.init(.overloaded, "the gateway is full", retryAfter: .seconds(1))
    }
  }
}
