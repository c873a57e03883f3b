// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Cryptography
internal import GatewayCore
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import OpenAPI
internal import Policies
internal import Settings
internal import Storage
internal import Telemetry
internal import WeChatPay

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract:
      "Says what each policy would decide, and the exact message that would be signed; sends nothing."
  )

  @Argument(help: "The HTTP method, e.g. POST.")
  var method: String

  @Argument(help: "Path and query as a caller sends them.")
  var path: String

  @Option(help: "The merchant, as in X-Merchant-Id.")
  var merchant: String?

  @Option(help: "A file with the body.")
  var body: String?

  @Option(
    help: "The caller's token, as in Authorization: Bearer. env:NAME reads it from a variable.")
  var token: String?

  @Option(help: "A file with the caller's client certificate in PEM; its authority is not checked.")
  var certificate: String?

  @Option(help: "The number of the caller's user at a unix socket.")
  var user: UInt32?

  @OptionGroup var configuration: ConfigurationOption

  func run() async throws {
    let preparation = try configuration.prepare()
    let request = try request()
    switch preparation.catalog.match(method: request.method, path: request.path) {
    case .operation(let operation, let parameters):
      print("route         \(operation.method) \(operation.template) (\(operation.id))")
      try await explain(
        Exchange(
          id: RequestID(keeping: nil), request: request, operation: operation,
          pathParameters: parameters,
          deadline: .now + preparation.settings.server.requestTimeout), preparation)
    case .methodNotAllowed(let allowed):
      print(
        "route         refused: METHOD_NOT_ALLOWED; this path takes \(allowed.joined(separator: ", "))"
      )
      throw ExitCode(1)
    case .notFound:
      print("route         refused: ROUTE_NOT_FOUND; no operation has this path")
      throw ExitCode(1)
    case .malformedPath(let violation):
      print("route         refused: PARAM_ERROR; \(violation.pointer) \(violation.message)")
      throw ExitCode(1)
    }
  }

  private func request() throws -> HTTPRequest {
    let parts = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var headers: Headers = ["Content-Type": "application/json"]
    headers["X-Merchant-Id"] = merchant
    headers["Authorization"] = try token.map { "Bearer " + (try Self.resolve($0)) }
    return HTTPRequest(
      method: method.uppercased(), path: String(parts.first ?? ""),
      query: parts.count > 1 ? String(parts[1]) : nil,
      headers: headers, body: try body.map(readBody) ?? [],
      peer: user.map { .local(userID: $0, processID: 0) } ?? .loopback,
      certificate: try certificate.map(Self.readCertificate))
  }

  private static func readCertificate(_ path: String) throws -> ClientCertificate {
    guard let certificate = ClientCertificate(pem: try readBody(path)) else {
      throw ValidationError("\(path) holds no certificate in PEM.")
    }
    return certificate
  }

  private static func resolve(_ token: String) throws -> String {
    guard token.hasPrefix("env:") else { return token }
    let name = String(token.dropFirst(4))
    guard let value = Environment.process[name] else {
      throw ValidationError("The environment variable \(name) is not set.")
    }
    return value
  }

  /// Runs the real chain, on state of its own, up to where the request would be signed.
  private func explain(_ exchange: Exchange, _ preparation: Preparation) async throws {
    let service = try Service(
      preparation,
      lasting: LastingState(store: MemoryStore(), log: .silent, metrics: GatewaySeries()),
      replacing: nil,
      last: { exchange throws(Problem) -> Reply in try report(exchange, preparation) })
    let problem: Problem?
    do throws(Problem) {
      _ = try await service.chain(exchange)
      problem = nil
    } catch {
      problem = error.kind == .explained ? nil : error
    }
    await service.transport.close()
    guard let problem else { return }
    // The last stage is the policy that refuses.
    for time in exchange.journal.entry.stages.dropLast() { print(passed(time.stage)) }
    print("refused       \(problem.kind.status) \(problem.kind.code): \(problem.message)")
    for violation in problem.violations {
      print(
        "              \(violation.location.rawValue) \(violation.pointer) \(violation.message)")
    }
    throw ExitCode(1)
  }

  private func report(_ exchange: Exchange, _ preparation: Preparation) throws(Problem) -> Reply {
    let entry = exchange.journal.entry
    for time in entry.stages { print(passed(time.stage)) }
    for refusal in entry.observed {
      print("\(padded(refusal.policy))would refuse: \(refusal.code) (observe mode)")
    }
    if let caller = entry.caller { print("caller        \(caller)") }
    if let quota = entry.quota {
      print("quota         \(quota.remaining) of \(quota.limit) left after this one")
    }
    if let quota = entry.callerQuota {
      print("of the caller \(quota.remaining) of \(quota.limit) left after this one")
    }
    if let number = exchange.requestNumber {
      print(
        "number        \(number), content \(Hexadecimal.lowercase(Fingerprint(of: exchange).bytes))"
      )
    }
    let body = exchange.request.body.isEmpty ? nil : exchange.request.body
    let message = CanonicalMessage.request(
      method: exchange.operation.method, target: exchange.target,
      timestamp: TimeSource.system.unixSeconds(),
      nonce: SecureRandom.alphanumeric(count: 32), body: body)
    print("sent to       \(preparation.settings.upstream.url)\(exchange.target)")
    print(
      "signed        between the lines, with a line feed at the end of each line; time and nonce are examples"
    )
    print("----")
    print(String(decoding: message, as: UTF8.self), terminator: "")
    print("----")
    throw Problem(.explained, "")
  }
}

extension ProblemKind {
  /// Ends `explain` where a request would be sent.
  fileprivate static let explained = ProblemKind(
    "EXPLAINED", 200, .notSent, retryable: false, .fixRequest)
}

private func passed(_ stage: Stage) -> String { padded("\(stage.name)") + "lets it through" }

private func padded(_ name: String) -> String {
  name + String(repeating: " ", count: max(1, 14 - name.count))
}
