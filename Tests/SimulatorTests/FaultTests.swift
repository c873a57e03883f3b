// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import HTTP
internal import JSON
internal import Testing

@testable internal import Simulator

@Suite struct FaultTests {
  private func codes(_ fixture: Fixture) -> [String] {
    fixture.standIn.books.withLock { $0.batches[Fixture.stock]?.pool.codes.map(\.text) ?? [] }
  }

  @Test("a given status and code is answered, signed, and nothing is done")
  func status() async throws {
    let fixture = try Fixture()
    fixture.set(
      .status(
        500, code: "SYSTEM_ERROR", message: "系统错误", headers: ["Retry-After": "2"], signed: true))
    let answer = try await fixture.upload(["A"], number: "r1")
    #expect(answer.status == 500)
    #expect(answer.code == "SYSTEM_ERROR")
    #expect(answer.response.headers["Retry-After"] == "2")
    #expect(fixture.verifies(answer))
    #expect(codes(fixture).isEmpty)
    // Once only.
    #expect(try await fixture.upload(["A"], number: "r1").status == 200)
  }

  @Test("an unsigned status carries no signature")
  func unsignedStatus() async throws {
    let fixture = try Fixture()
    fixture.set(.status(502, code: "BAD_GATEWAY", message: "m", headers: [:], signed: false))
    let answer = try await fixture.upload(["A"], number: "r1")
    #expect(answer.response.headers["Wechatpay-Signature"] == nil)
  }

  @Test(
    "signatures that must not verify do not, although the work is done",
    arguments: [
      Fault.wrongSignature, .signTest, .oldTimestamp(seconds: 600), .oldTimestamp(seconds: -600),
      .unknownSerial,
      .missingHeaders(Fault.signatureHeaders), .missingHeaders(["Wechatpay-Nonce"]),
    ])
  func badSignature(fault: Fault) async throws {
    let fixture = try Fixture()
    fixture.set(fault)
    let answer = try await fixture.upload(["A"], number: "r1")
    #expect(answer.status == 200)
    #expect(!fixture.verifies(answer))
    #expect(codes(fixture) == ["A"])
  }

  @Test("the probe signature starts as WeChat Pay's does")
  func signTest() async throws {
    let fixture = try Fixture()
    fixture.set(.signTest)
    let answer = try await fixture.upload(["A"], number: "r1")
    #expect(
      answer.response.headers["Wechatpay-Signature"]?.hasPrefix("WECHATPAY/SIGNTEST/") == true)
  }

  @Test("an old timestamp is signed correctly: only its age is wrong")
  func oldTimestamp() async throws {
    let fixture = try Fixture()
    fixture.set(.oldTimestamp(seconds: 301))
    let answer = try await fixture.upload(["A"], number: "r1")
    #expect(!fixture.verifies(answer))
    fixture.wait(milliseconds: -301_000)
    #expect(fixture.verifies(answer))
  }

  @Test("an answer can be lost after the work, cut within the body, or never come")
  func manners() async throws {
    let fixture = try Fixture()
    fixture.set(.close(doesWork: true))
    #expect(try await fixture.upload(["A"], number: "r1").delivery == .nothing)
    #expect(codes(fixture) == ["A"])
    fixture.set(.close(doesWork: false))
    #expect(try await fixture.upload(["B"], number: "r2").delivery == .nothing)
    fixture.set(.noAnswer(hold: .zero, doesWork: false))
    #expect(try await fixture.upload(["B"], number: "r2").delivery == .nothing)
    #expect(codes(fixture) == ["A"])
    fixture.set(.noAnswer(hold: .zero, doesWork: true))
    #expect(try await fixture.upload(["B"], number: "r2").delivery == .nothing)
    #expect(codes(fixture) == ["A", "B"])
    fixture.set(.cut(afterBytes: nil))
    let cut = try await fixture.upload(["C"], number: "r3")
    #expect(cut.delivery == .cut(afterBytes: cut.response.body.count / 2))
    fixture.set(.cut(afterBytes: 1_000_000))
    let whole = try await fixture.upload(["D"], number: "r4")
    #expect(whole.delivery == .cut(afterBytes: 1_000_000))
    fixture.set(.drip(bytes: 1, every: .milliseconds(1)))
    #expect(
      try await fixture.upload(["E"], number: "r5").delivery
        == .drip(bytes: 1, every: .milliseconds(1)))
    #expect(codes(fixture) == ["A", "B", "C", "D", "E"])
    let statuses = fixture.standIn.journal.withLock { $0.last(50).map(\.status) }
    #expect(statuses == [0, 0, 0, 0, 200, 200, 200])
  }

  @Test("HTML, raw text and a huge body")
  func bodies() async throws {
    let fixture = try Fixture()
    fixture.set(.notJSON(status: 502))
    let page = try await fixture.upload(["A"], number: "r1")
    #expect(page.status == 502)
    #expect(page.json == .null)
    #expect(page.response.headers["Content-Type"] == "text/html")
    fixture.set(.raw(status: 200, body: Array(#"{"fail_count":"7""#.utf8)))
    let raw = try await fixture.upload(["A"], number: "r1")
    #expect(String(decoding: raw.response.body, as: UTF8.self) == #"{"fail_count":"7""#)
    #expect(fixture.verifies(raw))
    #expect(codes(fixture).isEmpty)
    fixture.set(.oversizedBody(bytes: 100_000))
    let huge = try await fixture.upload(["A"], number: "r1")
    #expect(huge.response.body.count > 100_000)
    #expect(fixture.verifies(huge))
    #expect(huge.strings("success_codes") == ["A"])
  }

  @Test("quirks spell the answer as it has been seen outside the documentation")
  func quirks() async throws {
    let fixture = try Fixture()
    fixture.set(.quirks)
    let answer = try await fixture.upload(["A"], number: "r1")
    #expect(answer.json["success_codes"] == "A")
    #expect(answer.json["success_count"] == "1")
    #expect(answer.json["success_time"] == "2023-11-15T06:13:20:120+08:00")
    #expect(fixture.verifies(answer))
  }

  @Test("a rule hits only what it matches, after what it skips, as often as it says")
  func matching() async throws {
    let fixture = try Fixture()
    let fault = Fault.status(503, code: "X", message: "", headers: [:], signed: true)
    let rule = FaultRule(
      pathPrefix: "/v3/marketing", merchant: Fixture.merchant, method: "POST",
      bodyContains: "\"HIT\"", skip: 1,
      times: 2, fault: fault)
    fixture.standIn.faults.withLock { _ = $0.add(rule) }
    var statuses: [Int] = []
    statuses.append(try await fixture.answer("GET", "/v3/certificates").status)
    statuses.append(try await fixture.answer("GET", Fixture.uploadPath).status)
    statuses.append(try await fixture.upload(["MISS"], number: "r1").status)
    for _ in 0..<4 { statuses.append(try await fixture.upload(["HIT"], number: "r2").status) }
    #expect(statuses == [200, 200, 200, 200, 503, 503, 200])
  }

  @Test("a rule without a count hits for ever, and another merchant's not at all")
  func forever() async throws {
    let fixture = try Fixture()
    let fault = Fault.status(503, code: "X", message: "", headers: [:], signed: true)
    fixture.standIn.faults.withLock { queue in
      _ = queue.add(
        FaultRule(merchant: Fixture.stranger, skip: 0, times: nil, fault: .close(doesWork: false)))
      _ = queue.add(FaultRule(skip: 0, times: nil, fault: fault))
    }
    for _ in 0..<5 { #expect(try await fixture.upload(["A"], number: "r").status == 503) }
    #expect(fixture.standIn.faults.withLock { $0.rules.count } == 2)
  }

  static let readable: [(String, Fault)] = [
    (
      #"{"kind":"status","status":400,"code":"SYSTEM_ERROR","message":"m","headers":{"Retry-After":"1"}}"#,
      .status(400, code: "SYSTEM_ERROR", message: "m", headers: ["Retry-After": "1"], signed: true)
    ),
    (
      #"{"kind":"status","status":401,"code":"SIGN_ERROR","message":"m"}"#,
      .status(401, code: "SIGN_ERROR", message: "m", headers: [:], signed: false)
    ),
    (#"{"kind":"delay","milliseconds":20}"#, .delay(.milliseconds(20))),
    (#"{"kind":"no_answer"}"#, .noAnswer(hold: .seconds(60), doesWork: false)),
    (
      #"{"kind":"no_answer","milliseconds":5,"does_work":true}"#,
      .noAnswer(hold: .milliseconds(5), doesWork: true)
    ),
    (#"{"kind":"close"}"#, .close(doesWork: false)),
    (#"{"kind":"answer_then_lose"}"#, .close(doesWork: true)),
    (#"{"kind":"cut"}"#, .cut(afterBytes: nil)),
    (#"{"kind":"cut","after_bytes":3}"#, .cut(afterBytes: 3)),
    (#"{"kind":"drip","bytes":2,"milliseconds":1}"#, .drip(bytes: 2, every: .milliseconds(1))),
    (#"{"kind":"wrong_signature"}"#, .wrongSignature),
    (#"{"kind":"signtest"}"#, .signTest),
    (#"{"kind":"old_timestamp"}"#, .oldTimestamp(seconds: 600)),
    (#"{"kind":"unknown_serial"}"#, .unknownSerial),
    (#"{"kind":"missing_headers"}"#, .missingHeaders(Fault.signatureHeaders)),
    (#"{"kind":"missing_headers","headers":["Request-ID"]}"#, .missingHeaders(["Request-ID"])),
    (#"{"kind":"not_json","status":500}"#, .notJSON(status: 500)),
    (#"{"kind":"oversized_body","bytes":10}"#, .oversizedBody(bytes: 10)),
    (#"{"kind":"raw","status":201,"body":"{}"}"#, .raw(status: 201, body: Array("{}".utf8))),
    (#"{"kind":"quirks"}"#, .quirks),
  ]

  @Test("every kind of fault can be set", arguments: readable)
  func reading(text: String, fault: Fault) throws {
    let rule = try FaultRule(reading: JSONValue(parsing: Array(#"{"fault":\#(text)}"#.utf8)))
    #expect(rule == FaultRule(skip: 0, times: 1, fault: fault))
  }

  @Test("no kind is without a case in the table above")
  func everyKind() {
    let tried = Set(Self.readable.map(\.1.kind))
    #expect(tried == Set(Fault.kinds.keys))
  }

  @Test(
    "a fault that cannot be read says what there is",
    arguments: [
      "{}", "[]", #"{"fault":{}}"#, #"{"fault":{"kind":"nonsense"}}"#,
      #"{"fault":{"kind":"delay","seconds":1}}"#,
      #"{"fault":{"kind":"delay","milliseconds":"1"}}"#,
      #"{"fault":{"kind":"delay","milliseconds":600001}}"#,
      #"{"fault":{"kind":"quirks"},"times":-1}"#,
      #"{"fault":{"kind":"quirks"},"match":{"path":"/"}}"#,
      #"{"fault":{"kind":"status","headers":{"A":1}}}"#,
      #"{"fault":{"kind":"missing_headers","headers":[1]}}"#,
    ])
  func unreadable(text: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    do {
      _ = try FaultRule(reading: value)
      Issue.record("accepted \(text)")
    } catch {
      #expect(!error.message.isEmpty)
    }
  }
}
