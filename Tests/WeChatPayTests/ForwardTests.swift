// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Cryptography
import GatewayCore
import HTTP
import JSON
import OpenAPI
import TestSupport
import Testing

@testable import WeChatPay

@Suite("Forward")
struct ForwardTests {
  static let a = "https://api.mch.weixin.qq.com"
  static let b = "https://api2.mch.weixin.qq.com"

  let time = ManualTime(unixSeconds: Fixture.now)

  /// What came of one request.
  struct Sending {
    var result: Result<Reply, Problem>
    var transport: ScriptedTransport
    var sleeps: [Duration]

    var origins: [String] { transport.sent.map { $0.origin == ForwardTests.a ? "a" : "b" } }

    var problem: Problem? {
      if case .failure(let problem) = result { problem } else { nil }
    }
    var reply: Reply? { try? result.get() }
  }

  func send(
    _ ends: [ScriptedTransport.End], _ exchange: Exchange? = nil, retries: Int = 2,
    hosts: Hosts? = nil, merchant: Merchant? = nil
  ) async throws -> Sending {
    let transport = ScriptedTransport(ends)
    let merchant = try merchant ?? Fixture.merchant()
    let forward = Forward(
      merchants: { $0 == merchant.id ? merchant : nil },
      transport: SignedTransport(transport: transport, time: time.source),
      hosts: hosts ?? Hosts([Self.a, Self.b], time: time.source),
      verifier: AnswerVerifier(time: time.source),
      settings: .init(timeout: .seconds(8), retries: retries), time: time.source, random: { 1 })
    let exchange = try exchange ?? ExampleAPI.settled()
    let result: Result<Reply, Problem>
    do throws(Problem) {
      result = .success(try await forward.reply(to: exchange))
    } catch {
      result = .failure(error)
    }
    return Sending(result: result, transport: transport, sleeps: time.sleeps)
  }

  static func signed(_ status: Int, _ body: String, headers: Headers = [:]) throws
    -> ScriptedTransport.End
  {
    .answer(try Fixture.platform().answer(status, body, headers: headers))
  }

  static let success = #"{"stock_id":"98065001","total_count":2}"#
  static func error(_ code: String) -> String { #"{"code":"\#(code)","message":"说明"}"# }

  // MARK: What is sent

  @Test("what was validated is sent byte for byte, signed, to the path of the parameters")
  func bytes() async throws {
    let body = " { \"upload_request_no\":\"1\",\n\"coupon_code_list\" : [\"A\"] } "
    let outcome = try await send([Self.signed(200, Self.success)], ExampleAPI.settled(body: body))
    let sent = try #require(outcome.transport.sent.first)
    #expect(sent.body == Array(body.utf8))
    #expect(sent.method == "POST" && sent.target == ExampleAPI.uploadPath)
    #expect(sent.headers["Wechatpay-Serial"] == Fixture.publicKeyID.text)
    #expect(
      try Authorization(sent.headers["Authorization"]).isRight(
        for: "POST", sent.target, Array(body.utf8)))
    #expect(outcome.reply?.upstreamRequestID == "08F78BB3AF06")
  }

  @Test("no header of the caller goes through")
  func callersHeaders() async throws {
    var exchange = try ExampleAPI.exchange(headers: [
      "Content-Type": "application/json; charset=x", "X-Internal": "secret", "Cookie": "secret",
      "Authorization": "Bearer secret", "User-Agent": "secret", "Wechatpay-Serial": "secret",
    ])
    exchange.merchant = Fixture.merchantID
    let outcome = try await send([Self.signed(200, Self.success)], exchange)
    let sent = try #require(outcome.transport.sent.first)
    #expect(
      Set(sent.headers.fields.map(\.name))
        == ["Accept", "Content-Type", "User-Agent", "Authorization", "Wechatpay-Serial"])
    #expect(
      sent.headers.fields.allSatisfy {
        !$0.value.contains("secret") && !$0.value.contains("charset")
      })
  }

  @Test("every attempt is signed afresh")
  func afresh() async throws {
    let outcome = try await send([.timeout, .unreachable, .timeout, Self.signed(200, Self.success)])
    let sent = outcome.transport.sent
    #expect(sent.count == 4)
    let headers = try sent.map { try Authorization($0.headers["Authorization"]) }
    #expect(Set(headers.map { $0.fields["nonce_str"] }).count == sent.count)
    #expect(Set(headers.map { $0.fields["signature"] }).count == sent.count)
    for header in headers {
      #expect(
        try header.isRight(for: "POST", ExampleAPI.uploadPath, Array(ExampleAPI.uploadBody.utf8)))
    }
  }

  // MARK: Retries

  enum Call: Sendable {
    case numbered, plain, read

    func exchange() throws -> Exchange {
      switch self {
      case .numbered: try ExampleAPI.settled()
      case .plain:
        try ExampleAPI.settled(
          "POST", "/v3/marketing/busifavor/callbacks",
          body: #"{"mchid":"1900000001","notify_url":"https://example.com/n"}"#)
      case .read: try ExampleAPI.settled("GET", ExampleAPI.stockPath, body: nil)
      }
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var call = Call.numbered
    var ends: [Step]
    /// Which host each attempt went to.
    var origins: String
    /// `nil`: success.
    var code: String?
    var outcome: Outcome?
    var recovered = false

    var testDescription: String { name }
  }

  enum Step: Sendable {
    case ok, unreachable, timeout, broken, malformed, wrongSignature, unsignedSuccess
    case html(Int)
    case error(Int, String)

    func end() throws -> ScriptedTransport.End {
      switch self {
      case .ok: try signed(200, success)
      case .unreachable: .unreachable
      case .timeout: .timeout
      case .broken: .broken
      case .malformed: .malformed
      case .wrongSignature:
        .answer(try Fixture.otherPlatform().answer(200, success, serial: Fixture.publicKeyID))
      case .unsignedSuccess: .answer(.unsigned(200, success))
      case .html(let status): .answer(.unsigned(status, "<html>Bad Gateway</html>"))
      case .error(let status, let code): try signed(status, ForwardTests.error(code))
      }
    }
  }

  static let rows: [Row] = [
    Row(name: "success", ends: [.ok], origins: "a"),
    // Nothing was sent: always, the backup first and at once.
    Row(name: "unreachable, then the backup", ends: [.unreachable, .ok], origins: "ab"),
    Row(
      name: "unreachable, then the backup, without a number", call: .plain,
      ends: [.unreachable, .ok], origins: "ab"),
    Row(
      name: "unreachable all along", ends: [.unreachable], origins: "abaa",
      code: "UPSTREAM_UNAVAILABLE",
      outcome: .notSent),
    Row(
      name: "unreachable all along, without a number", call: .plain, ends: [.unreachable],
      origins: "abaa",
      code: "UPSTREAM_UNAVAILABLE", outcome: .notSent),
    // Perhaps sent: only with a number or a GET.
    Row(name: "no answer, then success", ends: [.timeout, .ok], origins: "aa", recovered: true),
    Row(name: "broken, then success", ends: [.broken, .ok], origins: "aa", recovered: true),
    Row(
      name: "no answer at all", ends: [.timeout], origins: "aaa", code: "UPSTREAM_TIMEOUT",
      outcome: .unknown),
    Row(
      name: "broken at all", ends: [.broken], origins: "aaa", code: "UPSTREAM_TIMEOUT",
      outcome: .unknown),
    Row(
      name: "no answer to a GET, then success", call: .read, ends: [.timeout, .ok], origins: "aa"),
    Row(
      name: "no answer, without a number", call: .plain, ends: [.timeout, .ok], origins: "a",
      code: "UPSTREAM_TIMEOUT", outcome: .unknown),
    Row(
      name: "broken, without a number", call: .plain, ends: [.broken, .ok], origins: "a",
      code: "UPSTREAM_TIMEOUT", outcome: .unknown),
    // 5xx and SYSTEM_ERROR likewise.
    Row(
      name: "500, then success", ends: [.error(500, "SYSTEM_ERROR"), .ok], origins: "aa",
      recovered: true),
    Row(
      name: "400 SYSTEM_ERROR, then success", ends: [.error(400, "SYSTEM_ERROR"), .ok],
      origins: "aa", recovered: true),
    Row(
      name: "503 of another code, then success", ends: [.error(503, "BUSY"), .ok], origins: "aa",
      recovered: true),
    Row(
      name: "502 of a proxy, then success", ends: [.html(502), .ok], origins: "aa", recovered: true),
    Row(
      name: "500, without a number", call: .plain, ends: [.error(500, "SYSTEM_ERROR"), .ok],
      origins: "a",
      code: "SYSTEM_ERROR", outcome: .unknown),
    Row(
      name: "400 SYSTEM_ERROR, without a number", call: .plain,
      ends: [.error(400, "SYSTEM_ERROR"), .ok],
      origins: "a", code: "SYSTEM_ERROR", outcome: .unknown),
    Row(
      name: "500 at all", ends: [.error(500, "SYSTEM_ERROR")], origins: "aaa", code: "SYSTEM_ERROR",
      outcome: .unknown),
    // Everything else is final.
    Row(
      name: "refused", ends: [.error(400, "PARAM_ERROR"), .ok], origins: "a", code: "PARAM_ERROR",
      outcome: .refused),
    Row(
      name: "called too often", ends: [.error(429, "FREQUENCY_LIMITED"), .ok], origins: "a",
      code: "FREQUENCY_LIMITED", outcome: .refused),
    Row(
      name: "signature refused", ends: [.error(401, "SIGN_ERROR"), .ok], origins: "a",
      code: "SIGN_ERROR",
      outcome: .refused),
    Row(
      name: "not HTTP", ends: [.malformed, .ok], origins: "a", code: "UPSTREAM_MALFORMED",
      outcome: .unknown),
    Row(
      name: "wrong signature", ends: [.wrongSignature, .ok], origins: "a",
      code: "UPSTREAM_SIGNATURE_INVALID",
      outcome: .unknown),
    Row(
      name: "a success that nobody signed", ends: [.unsignedSuccess, .ok], origins: "a",
      code: "UPSTREAM_SIGNATURE_INVALID", outcome: .unknown),
    // What is unknown stays unknown.
    Row(
      name: "no answer, then refused", ends: [.timeout, .error(400, "PARAM_ERROR")], origins: "aa",
      code: "PARAM_ERROR", outcome: .unknown),
    Row(
      name: "no answer, then called too often", ends: [.timeout, .error(429, "FREQUENCY_LIMITED")],
      origins: "aa",
      code: "FREQUENCY_LIMITED", outcome: .unknown),
    Row(
      name: "no answer, then unreachable", ends: [.timeout, .unreachable], origins: "aaba",
      code: "UPSTREAM_TIMEOUT", outcome: .unknown),
    Row(
      name: "unreachable, then refused", ends: [.unreachable, .error(400, "PARAM_ERROR")],
      origins: "ab",
      code: "PARAM_ERROR", outcome: .refused),
    Row(
      name: "500, then no answer, then success",
      ends: [.error(500, "SYSTEM_ERROR"), .timeout, .ok], origins: "aaa",
      recovered: true),
  ]

  @Test(
    "an attempt is repeated where that is safe, and what may have happened is told", arguments: rows
  )
  func retries(_ row: Row) async throws {
    let outcome = try await send(row.ends.map { try $0.end() }, row.call.exchange())
    #expect(outcome.origins.joined() == row.origins)
    #expect(outcome.problem?.kind.code == row.code)
    #expect(outcome.problem?.outcome == row.outcome)
    if row.code == nil {
      #expect(outcome.reply?.recovered == row.recovered)
      #expect(outcome.reply?.replayed == false)
    }
  }

  @Test("retries = 0 sends once, and to the backup when nothing was sent")
  func noRetries() async throws {
    #expect(try await send([.timeout], retries: 0).origins == ["a"])
    #expect(try await send([.unreachable], retries: 0).origins == ["a", "b"])
    let alone = Hosts([Self.a], time: time.source)
    #expect(try await send([.unreachable], retries: 0, hosts: alone).origins == ["a"])
  }

  @Test("retries wait longer each time, the way to the backup not at all")
  func pauses() async throws {
    #expect(
      try await send([.timeout], retries: 3).sleeps == [
        .milliseconds(100), .milliseconds(200), .milliseconds(400),
      ])
    let before = time.sleeps.count
    #expect(try await send([.unreachable, Self.signed(200, Self.success)]).sleeps.count == before)
  }

  @Test("a retry waits as long as WeChat Pay asks for, and is none when that is too long")
  func asked() async throws {
    let busy = { try Self.signed(503, Self.error("SYSTEM_ERROR"), headers: ["Retry-After": $0]) }
    let before = time.sleeps.count
    let patient = try await send([try busy("2"), Self.signed(200, Self.success)])
    #expect(Array(patient.sleeps[before...]) == [.seconds(2)] && patient.reply != nil)
    let late = try await send(
      [try busy("9"), Self.signed(200, Self.success)], ExampleAPI.settled(deadline: .seconds(5)))
    #expect(late.origins == ["a"] && late.problem?.retryAfter == .seconds(9))
  }

  @Test("the attempts are counted in the journal")
  func attempts() async throws {
    let exchange = try ExampleAPI.settled()
    _ = try await send([.timeout], exchange)
    #expect(exchange.journal.entry.attempts == 3)
    let stages = exchange.journal.entry.stages.map(\.stage)
    #expect(stages.count { $0 == .sign } == 3 && stages.count { $0 == .upstream } == 3)
  }

  // MARK: Deadline and circuit

  @Test("nothing is sent after the deadline")
  func late() async throws {
    let outcome = try await send(
      [Self.signed(200, Self.success)], ExampleAPI.settled(deadline: .seconds(-1)))
    #expect(outcome.origins.isEmpty)
    #expect(outcome.problem?.kind == .overloaded && outcome.problem?.outcome == .notSent)
  }

  @Test("an attempt has its timeout, and no more than what is left")
  func timeouts() async throws {
    let whole = try await send([Self.signed(200, Self.success)])
    #expect(whole.transport.sent.map(\.timeout) == [.seconds(8)])
    let short = try await send([.timeout], ExampleAPI.settled(deadline: .seconds(5)))
    #expect(short.transport.sent.allSatisfy { $0.timeout <= .seconds(5) && $0.timeout > .zero })
  }

  @Test("a retry that would begin after the deadline is not waited for")
  func noTimeToWait() async throws {
    let outcome = try await send([.timeout], ExampleAPI.settled(deadline: .seconds(1)), retries: 50)
    // 0.1, 0.2, 0.4 and 0.8 seconds fit, 1.6 do not.
    #expect(outcome.origins.count <= 5)
    #expect(outcome.sleeps.allSatisfy { $0 < .seconds(1) })
    #expect(outcome.problem?.outcome != .refused)
  }

  @Test("while every circuit is open nothing is sent, and the caller learns when to come again")
  func circuitOpen() async throws {
    let hosts = Hosts([Self.a, Self.b], time: time.source)
    let failure = TransportFailure(.connect, mayHaveBeenSent: false, detail: "")
    for _ in 0..<CircuitBreaker.failuresToOpen {
      hosts.failed(Self.a, failure)
      hosts.failed(Self.b, failure)
    }
    let outcome = try await send([Self.signed(200, Self.success)], hosts: hosts)
    #expect(outcome.origins.isEmpty)
    #expect(outcome.problem?.kind == .upstreamUnavailable && outcome.problem?.outcome == .notSent)
    #expect(outcome.problem?.retryAfter == .seconds(1))
  }

  @Test("with the first circuit open the backup is used")
  func firstOpen() async throws {
    let hosts = Hosts([Self.a, Self.b], time: time.source)
    for _ in 0..<CircuitBreaker.failuresToOpen {
      hosts.failed(Self.a, TransportFailure(.timeout, mayHaveBeenSent: true, detail: ""))
    }
    #expect(try await send([Self.signed(200, Self.success)], hosts: hosts).origins == ["b"])
  }

  @Test("a request that opens the circuit with its last attempt stays unknown")
  func opensOnTheWay() async throws {
    let hosts = Hosts([Self.a], time: time.source)
    for _ in 1..<CircuitBreaker.failuresToOpen {
      hosts.failed(Self.a, TransportFailure(.timeout, mayHaveBeenSent: true, detail: ""))
    }
    let outcome = try await send([.timeout, Self.signed(200, Self.success)], hosts: hosts)
    #expect(outcome.origins == ["a"])
    #expect(outcome.problem?.kind == .upstreamTimeout && outcome.problem?.outcome == .unknown)
  }

  // MARK: Keys

  @Test(
    "without a key to verify with nothing is sent",
    arguments: [
      (CertificateFailure.Code.unreachable, "UPSTREAM_UNAVAILABLE"), (.signError, "SIGN_ERROR"),
      (.undecryptable, "UPSTREAM_UNAVAILABLE"), (.refused, "UPSTREAM_UNAVAILABLE"),
    ])
  func noKey(_ code: CertificateFailure.Code, _ expected: String) async throws {
    let certificates = PlatformCertificates(time: time.source) {
      .failure(CertificateFailure(code, "why"))
    }
    let merchant = Merchant(
      credentials: try Fixture.credentials(),
      keys: VerificationKeys(publicKey: nil, certificates: certificates))
    let outcome = try await send([Self.signed(200, Self.success)], merchant: merchant)
    #expect(outcome.origins.isEmpty)
    #expect(outcome.problem?.kind.code == expected && outcome.problem?.outcome == .notSent)
    #expect(outcome.problem?.message.contains("why") == false)
    #expect(outcome.problem?.cause?.contains("why") == true)
  }

  @Test("an answer with an unknown serial number is verified after a download")
  func rotation() async throws {
    let (platform, other) = (try Fixture.platform(), try Fixture.otherPlatform())
    let (old, new) = (try Fixture.listed(platform), try Fixture.listed(other))
    let certificates = PlatformCertificates(known: [old], time: time.source) {
      .success([old, new])
    }
    let merchant = Merchant(
      credentials: try Fixture.credentials(),
      keys: VerificationKeys(publicKey: nil, certificates: certificates))
    let outcome = try await send(
      [.answer(other.answer(200, Self.success, serial: other.serial))], merchant: merchant)
    #expect(outcome.reply?.status == 200)
    #expect(outcome.transport.sent.first?.headers["Wechatpay-Serial"] == platform.serial.text)
  }

  @Test("a request without a merchant is a defect that says nothing to the caller")
  func withoutMerchant() async throws {
    var exchange = try ExampleAPI.settled()
    exchange.merchant = nil
    let outcome = try await send([Self.signed(200, Self.success)], exchange)
    #expect(outcome.problem?.kind == .defect && outcome.origins.isEmpty)
    #expect(outcome.problem?.message.contains("merchant") == false)
  }

  // MARK: Answers

  @Test(
    "a verified success that is not JSON is malformed and unknown",
    arguments: ["", "<html>", "{", "{}x"])
  func notJSON(_ body: String) async throws {
    let outcome = try await send([Self.signed(200, body)])
    #expect(outcome.problem?.kind == .upstreamMalformed && outcome.problem?.outcome == .unknown)
    #expect(outcome.problem?.upstream?.verified == true)
    #expect(outcome.origins == ["a"])
  }

  @Test("a 204 has no body")
  func noContent() async throws {
    let exchange = try ExampleAPI.settled(
      "PATCH", ExampleAPI.stockPath, body: #"{"out_request_no":"1"}"#)
    let outcome = try await send([Self.signed(204, "")], exchange)
    #expect(outcome.reply?.status == 204 && outcome.reply?.body == [])
    #expect(outcome.reply?.contentType == nil)
  }

  @Test("a redirect is not followed", arguments: [301, 302, 307, 308])
  func redirect(_ status: Int) async throws {
    let outcome = try await send([
      .answer(.unsigned(status, "", headers: ["Location": "https://evil.example"]))
    ])
    #expect(outcome.origins == ["a"])
    #expect(outcome.problem?.kind == .upstreamMalformed && outcome.problem?.outcome == .unknown)
    #expect(outcome.problem?.upstream?.status == status)
  }

  @Test("an error answer with a wrong signature is not believed")
  func wrongError() async throws {
    let answer = try Fixture.otherPlatform().answer(
      400, Self.error("PARAM_ERROR"), serial: Fixture.publicKeyID)
    let outcome = try await send([.answer(answer)])
    #expect(
      outcome.problem?.kind == .upstreamSignatureInvalid && outcome.problem?.outcome == .unknown)
    #expect(outcome.problem?.upstream?.verified == false && outcome.problem?.upstream?.code == nil)
    #expect(outcome.problem?.source == .gateway)
  }
}
