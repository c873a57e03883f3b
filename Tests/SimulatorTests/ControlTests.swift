// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import HTTP
internal import JSON
internal import TestSupport
internal import Testing

@testable internal import Simulator

@Suite struct ControlTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder
  private let panel: ControlPanel

  init() throws {
    fixture = try Fixture()
    folder = try TemporaryFolder()
    let clock = fixture.clock
    panel = ControlPanel(
      fixture.standIn, folder: PlatformFolder(path: folder.path), now: { clock.withLock { $0 } })
  }

  private func ask(_ method: String, _ target: String, _ body: String = "") -> (
    status: Int, json: JSONValue
  ) {
    let halves = target.split(separator: "?", maxSplits: 1).map(String.init)
    let response = panel.answer(
      HTTPRequest(
        method: method, path: halves[0], query: halves.count == 2 ? halves[1] : nil,
        body: Array(body.utf8)))
    return (response.status, (try? JSONValue(parsing: response.body)) ?? .null)
  }

  @Test("faults are set one or many at a time, all or none, and taken away")
  func faults() {
    #expect(ask("POST", "/faults", #"{"fault":{"kind":"quirks"}}"#).status == 204)
    #expect(
      ask("POST", "/faults", #"[{"fault":{"kind":"quirks"}},{"fault":{"kind":"cut"}}]"#).status
        == 204)
    #expect(ask("GET", "/faults").json == ["waiting": 3])
    let bad = ask("POST", "/faults", #"[{"fault":{"kind":"quirks"}},{"fault":{"kind":"no"}}]"#)
    #expect(bad.status == 400)
    #expect(bad.json["error"]?.stringValue?.contains("there is no fault no") == true)
    #expect(ask("POST", "/faults", "{").status == 400)
    #expect(ask("GET", "/faults").json == ["waiting": 3])
    #expect(ask("DELETE", "/faults").status == 204)
    #expect(ask("GET", "/faults").json == ["waiting": 0])
  }

  @Test("more faults than the queue holds are refused")
  func queueLimit() {
    let rule = #"{"fault":{"kind":"quirks"}}"#
    let many = "[\(Array(repeating: rule, count: FaultQueue.limit + 1).joined(separator: ","))]"
    #expect(ask("POST", "/faults", many).status == 400)
    #expect(ask("GET", "/faults").json == ["waiting": 0])
  }

  @Test("rotation adds a certificate, moves the signing over, and writes it to the folder")
  func rotate() throws {
    let old = try #require(fixture.standIn.platform.signingSerial)
    let quiet = ask("POST", "/certificates/rotate", #"{"sign":false}"#)
    #expect(quiet.status == 200)
    #expect(quiet.json["certificates"]?.arrayValue?.count == 2)
    #expect(fixture.standIn.platform.signingSerial == old)
    let serial = try #require(
      quiet.json["certificates"]?.arrayValue?.last?["serial_no"]?.stringValue)
    #expect(try !folder.read("wechatpay_\(serial).pem").isEmpty)
    let moved = ask(
      "POST", "/certificates/sign-with", #"{"serial_no":"\#(serial)","mode":"requested"}"#)
    #expect(moved.json["signs_with"] == "requested")
    #expect(fixture.standIn.platform.signingSerial == serial)
    #expect(ask("POST", "/certificates/retire", #"{"serial_no":"\#(serial)"}"#).status == 400)
    let retired = ask("POST", "/certificates/retire", #"{"serial_no":"\#(old)"}"#)
    #expect(retired.json["certificates"]?.arrayValue?.count == 1)
    #expect(ask("POST", "/certificates/sign-with", #"{"serial_no":"nobody"}"#).status == 400)
    #expect(ask("POST", "/certificates/sign-with", #"{"mode":"nobody"}"#).status == 400)
  }

  @Test("the books show codes with the number that brought them, uploads, and refused signatures")
  func books() async throws {
    _ = try await fixture.upload(["A", "B"], number: "r1")
    _ = try await fixture.upload(["A", "C"], number: "r2")
    _ = try await fixture.upload(["X"], number: "r1")
    _ = try await fixture.answer("GET", "/v3/certificates") { $0.serial = "4444" }
    let books = ask("GET", "/books").json
    let batch = books["batches"]?["98065001"]
    #expect(batch?["codes"] == ["A": "r1", "B": "r1", "C": "r2"])
    #expect(batch?["code_count"] == 3)
    #expect(books["uploads"]?.arrayValue?.count == 2)
    #expect(books["uploads"]?.arrayValue?.last?["imported_codes"] == ["C"])
    #expect(books["uploads"]?.arrayValue?.first?["conflicts"] == 1)
    #expect(books["requests"] == 4)
    #expect(books["signatures_refused"] == 1)
    #expect(books["answers_by_status"] == ["200": 2, "400": 1, "401": 1])
    #expect(books["answers_by_code"] == ["RESOURCE_ALREADY_EXISTS": 1, "SIGN_ERROR": 1])
  }

  @Test("the last requests are shown as they came")
  func requests() async throws {
    fixture.set(.quirks)
    _ = try await fixture.upload(["A"], number: "r1")
    _ = try await fixture.answer("GET", "/v3/certificates?x=1")
    let list = ask("GET", "/requests?last=2").json["requests"]?.arrayValue ?? []
    #expect(list.map { $0["target"] } == [.string(Fixture.uploadPath), "/v3/certificates?x=1"])
    #expect(
      list.first?["body"]?.stringValue == #"{"coupon_code_list":["A"],"upload_request_no":"r1"}"#)
    #expect(list.first?["fault"] == "quirks")
    #expect(list.first?["status"] == 200)
    #expect(list.first?["headers"]?.arrayValue?.contains(["User-Agent", "test/1.0"]) == true)
    #expect(ask("GET", "/requests?last=1").json["requests"]?.arrayValue?.count == 1)
    #expect(ask("GET", "/requests?last=x").status == 400)
  }

  @Test("the journal keeps the last requests only")
  func journalLimit() {
    var journal = Journal(limit: 3)
    for number in 1...10 {
      let given = journal.received(
        HTTPRequest(method: "GET", path: "/\(number)"), fault: nil, at: Fixture.start)
      journal.answered(given, status: 200, code: nil)
    }
    #expect(journal.last(100).map(\.request.path) == ["/8", "/9", "/10"])
    #expect(journal.last(2).map(\.number) == [9, 10])
    #expect(journal.answersByStatus == [200: 10])
    var none = Journal(limit: 0)
    _ = none.received(HTTPRequest(method: "GET", path: "/"), fault: nil, at: Fixture.start)
    #expect(none.last(1).isEmpty)
  }

  @Test("a reset brings back the start, but no used nonce")
  func reset() async throws {
    let request = try fixture.request("GET", "/v3/certificates")
    _ = await fixture.standIn.answer(request)
    _ = try await fixture.upload(["A"], number: "r1")
    fixture.set(.quirks)
    #expect(ask("POST", "/reset").status == 204)
    #expect(ask("GET", "/faults").json == ["waiting": 0])
    #expect(ask("GET", "/books").json["requests"] == 0)
    #expect(try await fixture.upload(["B"], number: "r1").strings("success_codes") == ["B"])
    #expect(await fixture.standIn.answer(request).status == 401)
  }

  @Test("WeChat Pay's clock can go wrong: requests of now are refused, and its own time shows it")
  func clock() async throws {
    #expect(ask("POST", "/clock", #"{"offset_seconds":301}"#).status == 204)
    let refused = try await fixture.answer("GET", Fixture.uploadPath)
    #expect(refused.json["detail"]?["field"] == "timestamp")
    #expect(ask("POST", "/clock", #"{"offset_seconds":-290}"#).status == 204)
    let answer = try await fixture.answer("GET", Fixture.uploadPath)
    #expect(answer.status == 200)
    #expect(answer.response.headers["Wechatpay-Timestamp"] == "1699999710")
    #expect(ask("POST", "/clock", "{}").status == 400)
    #expect(ask("POST", "/reset").status == 204)
    let later = try await fixture.answer("GET", Fixture.uploadPath)
    #expect(later.response.headers["Wechatpay-Timestamp"] == "1700000000")
  }

  @Test("an unknown command is 404 and says which there are")
  func unknown() {
    let answer = ask("PUT", "/faults")
    #expect(answer.status == 404)
    #expect(answer.json["error"]?.stringValue?.contains("POST /reset") == true)
  }
}
