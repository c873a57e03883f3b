// SPDX-License-Identifier: Apache-2.0
import Clocks
import Concurrency
import Cryptography
import GatewayCore
import HTTP
import OpenAPI
import Policies
import Storage
import WeChatPay

/// The default chain with one caller, one merchant, a store in memory and a rate that is never
/// reached: what `Sources/Gateway/Assembly` wires, without its edges.
struct BenchedGateway {
  static let token = "0123456789abcdef0123456789abcdef0123456789abcdef"
  private static let merchant = MerchantID("1900000001")

  private let catalog: Catalog
  private let chain: Chain
  private let upstream: AnswerInProcess

  /// Run in the repository's folder, whose `apis/` it reads.
  init() throws {
    catalog = try Catalog.load(documents: ["apis/busifavor.openapi.yaml"])
    let upstream = try AnswerInProcess()
    let origin = "https://127.0.0.1"
    let hosts = Hosts([origin])
    let merchant = Merchant(
      credentials: SigningCredentials(
        merchant: Self.merchant,
        serialNumber: SerialNumber("5157F09EFDC096DE15EBE81A47057A7232F1B8E1"),
        privateKey: try RSAPrivateKey.generate()),
      keys: VerificationKeys(
        publicKey: .init(id: AnswerInProcess.keyID, key: upstream.key.publicKey), certificates: nil)
    )
    let forward = Forward(
      merchants: { $0 == merchant.id ? merchant : nil },
      transport: SignedTransport(transport: upstream), hosts: hosts, verifier: AnswerVerifier(),
      settings: .init(timeout: .seconds(3600), retries: 2))
    let rule = RateLimitRule(rate: 1_000_000, per: .seconds(1), burst: 1_000_000)
    let policies: [any Policy] = [
      Authenticate(
        callers: Callers([
          .init(
            tokenDigests: [SHA256.hash(Array(Self.token.utf8))],
            grant: Grant(caller: "load", merchants: .only([merchant.id]), operations: .all))
        ])),
      SelectMerchant(merchants: [merchant.id]),
      Validate(),
      Policies.RateLimit(rules: { _ in rule }, state: RateLimitState()),
      Deduplicate(
        store: MemoryStore(), flights: Flights(),
        settings: .init(
          lifetime: .seconds(604_800), lease: .seconds(3600), mode: .enforce),
        report: { _, _ in }),
    ]
    chain = Chain(policies, to: forward)
    self.upstream = upstream
  }

  /// Requests that reached the upstream.
  var sent: Int { upstream.sent }

  func answer(_ request: HTTPRequest) async -> Result<Reply, Problem> {
    guard
      case .operation(let operation, let parameters) = catalog.match(
        method: request.method, path: request.path)
    else { return .failure(Problem(.routeNotFound, "no operation has this path")) }
    let exchange = Exchange(
      id: RequestID("0199f3c4-0000-7000-8000-000000000000"), request: request,
      operation: operation, pathParameters: parameters, deadline: .now + .seconds(3600))
    do throws(Problem) {
      return .success(try await chain(exchange))
    } catch {
      return .failure(error)
    }
  }
}

/// Stands in for the transport and for WeChat Pay: one answer, signed when it is made.
final class AnswerInProcess: Transport {
  static let keyID = SerialNumber("PUB_KEY_ID_0119000000012025010100000001")
  private static let body = """
    {"stock_id":"98065001","total_count":2,"success_count":2,"success_codes":["ABC9588200001",\
    "ABC9588200002"],"success_time":"2015-05-20T13:29:35.120+08:00","fail_count":0}
    """

  let key: RSAPrivateKey
  private let answer: InboundAnswer
  private let count = Guarded(0)

  init() throws {
    key = try RSAPrivateKey.generate()
    let time = String(TimeSource.system.unixSeconds())
    let nonce = "c5ac7061fccab6bf3e254dcf98995b8c"
    let message = CanonicalMessage.answer(
      timestamp: time, nonce: nonce, body: Array(Self.body.utf8))
    answer = InboundAnswer(
      status: 200,
      headers: [
        "Server": "nginx", "Date": "Sat, 01 Mar 2025 08:00:00 GMT",
        "Content-Type": "application/json", "Content-Length": String(Self.body.utf8.count),
        "Connection": "keep-alive", "Wechatpay-Timestamp": time, "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": Self.keyID.text,
        "Wechatpay-Signature": Base64.encode(try key.sign(message)),
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048", "Request-ID": "08F7A3B5C20610",
      ], body: Array(Self.body.utf8))
  }

  var sent: Int { count.withLock { $0 } }

  func send(_ request: OutboundRequest) async throws(TransportFailure) -> InboundAnswer {
    count.withLock { $0 += 1 }
    return answer
  }
}
