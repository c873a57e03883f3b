// SPDX-License-Identifier: Apache-2.0
import Cryptography
import GatewayCore
import HTTP
import OpenAPI
import Policies
import TestSupport
import Testing

@Suite("Authenticate")
struct AuthenticateTests {
  static let token = "s3cret-Token"
  static let grant = Grant(
    caller: "coupon-service", merchants: .only([MerchantID("1900000001")]), operations: .all)

  static let callers = Callers([
    .init(tokenDigests: [SHA256.hash(Array("another".utf8))], grant: .everything),
    .init(
      tokenDigests: [SHA256.hash(Array("older".utf8)), SHA256.hash(Array(token.utf8))],
      grant: grant),
  ])

  private static func grant(_ caller: String) -> Grant {
    Grant(caller: caller, merchants: .all, operations: .all)
  }

  /// Each kind of caller, and two that a certificate may both be for.
  static let kinds = Callers([
    .init(tokenDigests: [SHA256.hash(Array(token.utf8))], grant: grant("token")),
    .init(certificates: [CertificateRule("CN=coupon")!], grant: grant("subject")),
    .init(certificates: [CertificateRule("dns:coupon.internal")!], grant: grant("name")),
    .init(users: [1000, 1001], grant: grant("user")),
  ])

  /// What a request shows, and whom it is taken for.
  struct Shown: Sendable, CustomTestStringConvertible {
    var name: String
    var token: String?
    var certificate: ClientCertificate?
    var peer = Peer.loopback
    var caller: String?

    var testDescription: String { name }
  }

  private static func certificate(
    _ subject: String, _ names: [ClientCertificate.AlternativeName] = []
  ) -> ClientCertificate {
    ClientCertificate(subject: DistinguishedName(subject)!, names: names)
  }

  static let shown = [
    Shown(name: "a token", token: token, caller: "token"),
    Shown(name: "a subject", certificate: certificate("CN=coupon,O=Test"), caller: "subject"),
    Shown(
      name: "an alternative name", certificate: certificate("", [.dns("coupon.internal")]),
      caller: "name"),
    Shown(
      name: "a certificate of two callers",
      certificate: certificate("CN=coupon", [.dns("coupon.internal")]), caller: "subject"),
    Shown(name: "a user", peer: .local(userID: 1001, processID: 7), caller: "user"),
    Shown(
      name: "a token before a certificate", token: token,
      certificate: certificate("CN=coupon"), caller: "token"),
    Shown(
      name: "a certificate before a user", certificate: certificate("CN=coupon"),
      peer: .local(userID: 1000, processID: 7), caller: "subject"),
    Shown(
      name: "a wrong token with a certificate and a user that would do", token: "wrong",
      certificate: certificate("CN=coupon"), peer: .local(userID: 1000, processID: 7)),
    Shown(name: "an unknown certificate", certificate: certificate("CN=other")),
    Shown(
      name: "an unknown certificate of a known user", certificate: certificate("CN=other"),
      peer: .local(userID: 1000, processID: 7)),
    Shown(name: "an unknown user", peer: .local(userID: 0, processID: 7)),
    Shown(name: "a user that the kernel does not tell", peer: .local(userID: .max, processID: 0)),
  ]

  @Test("a token decides before a certificate, and a certificate before a user", arguments: shown)
  func kinds(_ shown: Shown) throws {
    var headers = Headers()
    headers["Authorization"] = shown.token.map { "Bearer \($0)" }
    let request = HTTPRequest(
      method: "GET", path: "/", headers: headers, peer: shown.peer, certificate: shown.certificate)
    let grant = try? Self.kinds.grant(for: request)
    #expect(grant?.caller == shown.caller)
  }

  @Test("every one of a caller's tokens is its own")
  func severalTokens() async throws {
    for token in ["older", Self.token] {
      let exchange = try await pass(
        Authenticate(callers: Self.callers), ["Authorization": "Bearer \(token)"])
      #expect(exchange.grant == Self.grant)
    }
  }

  @Test("two Authorization headers are one too many")
  func twoHeaders() {
    var headers: Headers = ["Authorization": "Bearer \(Self.token)"]
    headers.append("Authorization", "Bearer \(Self.token)")
    let request = HTTPRequest(method: "GET", path: "/", headers: headers)
    #expect(throws: Callers.Stranger.unknownToken) { try Self.callers.grant(for: request) }
  }

  @Test("a refusal says who was not recognized, and never a token")
  func refusals() async throws {
    for (certificate, peer, text) in [
      (Self.certificate("CN=other"), Peer.loopback, "no caller has the certificate of CN=other"),
      (nil, .local(userID: 7, processID: 1), "no caller has the user 7"),
      (nil, .loopback, "send the header Authorization: Bearer"),
    ] as [(ClientCertificate?, Peer, String)] {
      let routed = try ExampleAPI.exchange()
      let request = HTTPRequest(method: "POST", path: "/", peer: peer, certificate: certificate)
      let exchange = Exchange(
        id: routed.id, request: request, operation: routed.operation, pathParameters: [:],
        deadline: routed.deadline)
      let problem = await #expect(throws: Problem.self) {
        try await Authenticate(callers: Self.kinds).handle(exchange, next: Passed().next)
      }
      #expect(problem?.message.contains(text) == true)
    }
  }

  /// - Returns: the exchange as the rest of the chain sees it.
  func pass(
    _ policy: any Policy, _ headers: Headers, _ grant: Grant = .everything
  ) async throws -> Exchange {
    var exchange = try ExampleAPI.exchange(headers: headers)
    exchange.grant = grant
    let passed = Passed()
    _ = try await policy.handle(exchange, next: passed.next)
    return try #require(passed.exchange)
  }

  @Test(
    "a known token brings its caller's grant, the scheme in any case",
    arguments: ["Bearer s3cret-Token", "bearer s3cret-Token", "BEARER   s3cret-Token"])
  func known(_ header: String) async throws {
    let exchange = try await pass(Authenticate(callers: Self.callers), ["Authorization": header])
    #expect(exchange.grant == Self.grant)
    #expect(exchange.journal.entry.caller == "coupon-service")
  }

  @Test(
    "anything else is 401 with the way to authenticate, and the refusal shows no token",
    arguments: [
      nil, "", "Bearer", "Bearer ", "Bearer s3cret-token", "Bearer s3cret-Token2",
      "Bearer s3cret-Toke",
      "Basic s3cret-Token", "s3cret-Token", "Bearers3cret-Token",
      "Bearer s3cret-Token s3cret-Token",
    ])
  func unknown(_ header: String?) async throws {
    var headers = Headers()
    headers["Authorization"] = header
    let problem = await #expect(throws: Problem.self) {
      try await pass(Authenticate(callers: Self.callers), headers)
    }
    #expect(problem?.kind == .unauthenticated && problem?.kind.status == 401)
    #expect(problem?.headers.map(\.name) == ["WWW-Authenticate"])
    #expect(problem?.headers.map(\.value) == ["Bearer"])
    #expect(problem.map { !"\($0)".lowercased().contains("s3cret") } == true)
  }

  @Test("without callers every request passes")
  func noCallers() async throws {
    let exchange = try await pass(Authenticate(callers: Callers([])), ["Authorization": "Bearer x"])
    #expect(exchange.grant == .everything && exchange.journal.entry.caller == nil)
  }

  @Test("observe lets unknown callers pass and notes it")
  func observe() async throws {
    let exchange = try await pass(Authenticate(callers: Self.callers, mode: .observe), [:])
    #expect(
      exchange.journal.entry.observed
        == [Journal.Observed(policy: "authenticate", code: "UNAUTHENTICATED")])
  }

  // MARK: The merchant

  /// What a caller may use, what it names, and what comes of it.
  struct Selection: Sendable, CustomTestStringConvertible {
    var name: String
    var configured: Set<String> = ["1", "2", "3"]
    var merchants: Grant.Scope<MerchantID> = .all
    var operations: Grant.Scope<String> = .all
    var header: String?
    var merchant: String?
    var code: String?

    var testDescription: String { name }
  }

  static let selections = [
    Selection(name: "named and allowed", header: "2", merchant: "2"),
    Selection(
      name: "named, among those allowed", merchants: .only([MerchantID("2"), MerchantID("3")]),
      header: "3",
      merchant: "3"),
    Selection(
      name: "named, not allowed", merchants: .only([MerchantID("2")]), header: "3",
      code: "PERMISSION_DENIED"),
    Selection(name: "named, not configured", header: "4", code: "PERMISSION_DENIED"),
    Selection(
      name: "named, allowed, not configured", merchants: .only([MerchantID("4")]), header: "4",
      code: "PERMISSION_DENIED"),
    Selection(name: "named with spaces inside", header: "1 2", code: "PERMISSION_DENIED"),
    Selection(name: "not named, several", code: "MERCHANT_REQUIRED"),
    Selection(name: "not named, one configured", configured: ["7"], merchant: "7"),
    Selection(name: "not named, one allowed", merchants: .only([MerchantID("2")]), merchant: "2"),
    Selection(
      name: "not named, one of those allowed is configured",
      merchants: .only([MerchantID("2"), MerchantID("9")]), merchant: "2"),
    Selection(name: "not named, none allowed", merchants: .only([]), code: "MERCHANT_REQUIRED"),
    Selection(
      name: "the operation is allowed", operations: .only(["uploadCouponCodes"]), header: "1",
      merchant: "1"),
    Selection(
      name: "the operation is not allowed", operations: .only(["getStock"]), header: "1",
      code: "PERMISSION_DENIED"),
  ]

  @Test("each request is for one merchant that its caller may use", arguments: selections)
  func selection(_ row: Selection) async throws {
    var headers = Headers()
    headers["X-Merchant-Id"] = row.header
    let policy = SelectMerchant(merchants: Set(row.configured.map { MerchantID($0) }))
    let grant = Grant(caller: "c", merchants: row.merchants, operations: row.operations)
    do {
      let exchange = try await pass(policy, headers, grant)
      #expect(row.code == nil)
      #expect(exchange.merchant?.text == row.merchant)
      #expect(exchange.journal.entry.merchant?.text == row.merchant)
    } catch let problem as Problem {
      #expect(problem.kind.code == row.code)
      #expect(problem.outcome == .notSent)
    }
  }

  @Test("two merchants in one request are none")
  func twoMerchants() async throws {
    let policy = SelectMerchant(merchants: [MerchantID("1"), MerchantID("2")])
    let grant = Grant(caller: "c", merchants: .all, operations: .all)
    let problem = await #expect(throws: Problem.self) {
      try await pass(policy, ["X-Merchant-Id": "1", "x-merchant-id": "2"], grant)
    }
    #expect(problem?.kind == .paramError && problem?.message.contains("more than once") == true)
  }

  @Test("a merchant that does not exist cannot be told from one that is not allowed")
  func indistinguishable() async throws {
    let policy = SelectMerchant(merchants: [MerchantID("1"), MerchantID("2")])
    let grant = Grant(caller: "c", merchants: .only([MerchantID("1")]), operations: .all)
    var texts: Set<String> = []
    for name in ["2", "999"] {
      let problem = await #expect(throws: Problem.self) {
        try await pass(policy, ["X-Merchant-Id": name], grant)
      }
      texts.insert("\(String(describing: problem))")
    }
    #expect(texts.count == 1)
  }
}
