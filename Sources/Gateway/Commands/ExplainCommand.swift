// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Clocks
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
      "Says what each policy would decide, and the exact message that would be signed; sends nothing.",
    discussion: """
      Takes a request as a caller would send it through the policies of the configuration, with rate \
      limits and request numbers of its own: those of a running gateway are not looked at. The exit \
      status is 0 when the request would be sent, and 1 when something refuses it.

      wxpay-gateway explain POST /v3/marketing/busifavor/stocks/98065001/couponcodes \
      --merchant 1900000001 --body body.json
      """)

  @Argument(help: "The HTTP method, e.g. POST.")
  var method: String

  @Argument(help: "Path and query as a caller sends them, e.g. /v3/certificates?limit=5.")
  var path: String

  @Option(help: "The merchant, as in X-Merchant-Id.")
  var merchant: String?

  @Option(
    help: ArgumentHelp(
      "A file with the body, byte for byte; without it the request has none.", valueName: "file"),
    completion: .file())
  var body: String?

  @Option(
    help: "The caller's token, as in Authorization: Bearer. env:NAME reads it from a variable.")
  var token: String?

  @Option(
    help: ArgumentHelp(
      "A file with the caller's client certificate in PEM; its authority is not checked.",
      valueName: "file"), completion: .file())
  var certificate: String?

  @Option(help: "The number of the caller's user at a unix socket.")
  var user: UInt32?

  @OptionGroup var configuration: ConfigurationOption

  func validate() throws { try checkRequestLine(method: method, path: path) }

  func run() async throws {
    let preparation = try configuration.prepare()
    let request = try request()
    switch preparation.catalog.match(method: request.method, path: request.path) {
    case .operation(let operation, let parameters):
      print(padded("route") + "\(operation.method) \(operation.template) (\(operation.id))")
      try await explain(
        Exchange(
          id: RequestID(keeping: nil), request: request, operation: operation,
          pathParameters: parameters,
          deadline: .now + preparation.settings.server.requestTimeout), preparation)
    case .methodNotAllowed(let allowed):
      print(
        padded("route") + "refuses: METHOD_NOT_ALLOWED, this path takes "
          + allowed.joined(separator: ", "))
      throw ExitCode(1)
    case .notFound:
      print(padded("route") + "refuses: ROUTE_NOT_FOUND, no operation has this path")
      throw ExitCode(1)
    case .malformedPath(let violation):
      print(padded("route") + "refuses: PARAM_ERROR, \(violation.sentence)")
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
      destination: Report(upstream: "\(preparation.settings.upstream.url)"))
    let problem: Problem?
    do throws(Problem) {
      _ = try await service.chain(exchange)
      problem = nil
    } catch {
      problem = error.kind == .explained ? nil : error
    }
    await service.transport.close()
    guard let problem else { return }
    let stages = exchange.journal.entry.stages.map(\.stage)
    // The last stage is the policy that refuses.
    printDecisions(of: stages.dropLast(), exchange)
    if let last = stages.last {
      print(
        padded("\(last.name)")
          + "refuses: \(problem.kind.status) \(problem.kind.code), \(problem.message)")
    }
    for violation in problem.violations {
      let place = [violation.location.rawValue, violation.pointer].filter { !$0.isEmpty }
      print(padded("") + "\(place.joined(separator: " ")) \(violation.message)")
    }
    for name in preparation.settings.policies.chain.map(\.rawValue)
    where !stages.contains(where: { "\($0.name)" == name }) {
      print(padded(name) + "is not asked any more")
    }
    throw ExitCode(1)
  }
}

/// Says what would be sent, instead of sending it.
private final class Report: Destination {
  private let upstream: String

  init(upstream: String) { self.upstream = upstream }

  func reply(to exchange: Exchange) async throws(Problem) -> Reply {
    let entry = exchange.journal.entry
    printDecisions(of: entry.stages.map(\.stage), exchange)
    if let caller = entry.caller { print(padded("caller") + caller) }
    for (name, quota) in [("quota", entry.quota), ("caller's quota", entry.callerQuota)] {
      guard let quota else { continue }
      print(padded(name) + "\(quota.remaining) of \(quota.limit) left after this one")
    }
    if let number = exchange.requestNumber {
      let content = Hexadecimal.lowercase(Fingerprint(of: exchange).bytes)
      print(padded("number") + "\(number), content \(content)")
    }
    let body = exchange.request.body.isEmpty ? nil : exchange.request.body
    let message = CanonicalMessage.request(
      method: exchange.operation.method, target: exchange.target,
      timestamp: TimeSource.system.unixSeconds(),
      nonce: SecureRandom.alphanumeric(count: 32), body: body)
    print(padded("sent to") + "\(upstream)\(exchange.target)")
    print(
      padded("signed")
        + "between the lines, with a line feed at the end of each line; time and nonce are examples"
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

private func printDecisions(of stages: some Sequence<Stage>, _ exchange: Exchange) {
  let observed = exchange.journal.entry.observed
  for stage in stages {
    let name = "\(stage.name)"
    let refusal = observed.first { $0.policy == name }
    print(
      padded(name)
        + (refusal.map { "would refuse: \($0.code), but only observes" } ?? "lets it through"))
  }
}

private func padded(_ name: String) -> String {
  name + String(repeating: " ", count: max(1, 17 - name.count))
}
