// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import HTTP
internal import JSON
internal import Testing

@testable internal import Simulator

@Suite struct AdmissionTests {
  private let example =
    #"{"coupon_code_list":["ABC9588200","ABC9588201"],"upload_request_no":"100002322019090134234sfdf"}"#

  @Test("a well signed upload is done and answered with a signature that verifies")
  func accepted() async throws {
    let fixture = try Fixture()
    let answer = try await fixture.answer("POST", Fixture.uploadPath, body: example)
    #expect(answer.status == 200)
    #expect(fixture.verifies(answer))
    #expect(answer.json["stock_id"] == "98065001")
    #expect(answer.strings("success_codes") == ["ABC9588200", "ABC9588201"])
    #expect(answer.json["total_count"] == 2)
    #expect(answer.json["success_time"] == "2023-11-15T06:13:20.120+08:00")
    #expect(answer.response.headers["Request-ID"] != nil)
    #expect(answer.response.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048")
  }

  @Test(
    "a wrong or missing header is 400 PARAM_ERROR, signed",
    arguments: [
      ("User-Agent", nil), ("User-Agent", ""), ("Accept", nil), ("Accept", "text/html"),
      ("Content-Type", nil), ("Content-Type", "text/plain"), ("Content-Type", "application/jsonp"),
      ("Content-Encoding", "gzip"), ("Wechatpay-Serial", "4444"),
    ] as [(String, String?)])
  func headers(name: String, value: String?) async throws {
    let fixture = try Fixture()
    let request = try fixture.request(
      "POST", Fixture.uploadPath, body: example, editing: { $0[name] = value })
    let answer = TestAnswer(await fixture.standIn.answer(request))
    #expect(answer.status == 400)
    #expect(answer.code == "PARAM_ERROR")
    #expect(answer.json["detail"]?["field"] == .string(name))
    #expect(fixture.verifies(answer))
    #expect(fixture.standIn.books.withLock { $0.uploads.entries.isEmpty })
  }

  @Test(
    "a media type may carry parameters, and Accept a list",
    arguments: [
      ("Content-Type", "application/json; charset=utf-8"),
      ("Accept", "text/html, application/json;q=0.9"), ("Accept", "*/*"),
    ])
  func allowedHeaders(name: String, value: String) async throws {
    let fixture = try Fixture()
    let answer = try await fixture.answer(
      "POST", Fixture.uploadPath, body: example, headers: [name: value])
    #expect(answer.status == 200)
  }

  struct Forgery: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var field: String
    var change: @Sendable (inout Fixture.Signing) -> Void
  }

  static let forgeries: [Forgery] = [
    Forgery(testDescription: "another scheme", field: "Authorization") { $0.header = "Bearer abc" },
    Forgery(testDescription: "no fields", field: "Authorization") {
      $0.header = "WECHATPAY2-SHA256-RSA2048 "
    },
    Forgery(testDescription: "an unknown mchid", field: "mchid") { $0.merchant = "1900000009" },
    Forgery(testDescription: "301 s late", field: "timestamp") { $0.timestamp = "1699999699" },
    Forgery(testDescription: "301 s early", field: "timestamp") { $0.timestamp = "1700000301" },
    Forgery(testDescription: "a timestamp with a sign", field: "timestamp") {
      $0.timestamp = "+1700000000"
    },
    Forgery(testDescription: "a timestamp in hexadecimal", field: "timestamp") {
      $0.timestamp = "0x6553F100"
    },
    Forgery(testDescription: "a nonce of 33 characters", field: "nonce_str") {
      $0.nonce = String(repeating: "n", count: 33)
    },
    Forgery(testDescription: "a foreign serial number", field: "serial_no") {
      $0.serial = "4444444444444444"
    },
    Forgery(testDescription: "the serial number in lower case", field: "serial_no") { signing in
      // Begins with a letter in one of two nibbles almost surely; a letter is appended to be
      // certain.
      signing.serial = signing.serial.lowercased() + "a"
    },
    Forgery(testDescription: "a foreign key", field: "signature") { signing in
      if let keys = try? TestKeys.shared.get() { signing.key = keys.other }
    },
    Forgery(testDescription: "another merchant's name", field: "serial_no") {
      $0.merchant = Fixture.stranger
    },
  ]

  @Test(
    "a request that is not the merchant's is 401 SIGN_ERROR, unsigned, with a detail",
    arguments: forgeries)
  func forged(forgery: Forgery) async throws {
    let fixture = try Fixture()
    let answer = try await fixture.answer(
      "POST", Fixture.uploadPath, body: example, signing: forgery.change)
    #expect(answer.status == 401)
    #expect(answer.code == "SIGN_ERROR")
    #expect(answer.json["detail"]?["location"] == "authorization")
    #expect(answer.json["detail"]?["field"] == .string(forgery.field))
    #expect(answer.response.headers["Wechatpay-Signature"] == nil)
    #expect(fixture.standIn.books.withLock { $0.uploads.entries.isEmpty })
  }

  @Test("no Authorization and two of them are refused")
  func count() async throws {
    let fixture = try Fixture()
    let twice = try fixture.request(
      "POST", Fixture.uploadPath, body: example,
      editing: { $0.append("Authorization", $0["Authorization"] ?? "") })
    #expect(await fixture.standIn.answer(twice).status == 401)
    let none = try fixture.request(
      "POST", Fixture.uploadPath, body: example, editing: { $0["Authorization"] = nil })
    #expect(await fixture.standIn.answer(none).status == 401)
  }

  @Test("the time may be off by 300 seconds", arguments: ["1699999700", "1700000300"])
  func window(timestamp: String) async throws {
    let fixture = try Fixture()
    let answer = try await fixture.answer("POST", Fixture.uploadPath, body: example) {
      $0.timestamp = timestamp
    }
    #expect(answer.status == 200)
  }

  @Test("one changed byte of method, target or body breaks the signature")
  func everyByteCounts() async throws {
    let fixture = try Fixture()
    let request = try fixture.request("GET", "\(Fixture.uploadPath)?limit=10")
    func other(
      method: String? = nil, path: String? = nil, query: String?? = nil, body: String = ""
    ) -> HTTPRequest {
      var headers = request.headers
      if !body.isEmpty { headers["Content-Type"] = "application/json" }
      return HTTPRequest(
        method: method ?? request.method, path: path ?? request.path,
        query: query ?? request.query, headers: headers, body: Array(body.utf8))
    }
    let encodedPath = request.path.split(separator: "8").joined(separator: "%38")
    for changed in [
      other(method: "DELETE"), other(path: request.path + "/"), other(path: encodedPath),
      other(query: "limit=11"), other(query: .some(nil)), other(body: " "),
    ] {
      let answer = TestAnswer(await fixture.standIn.answer(changed))
      #expect(answer.status == 401, "\(changed.method) \(changed.target)")
      #expect(answer.json["detail"]?["field"] == "signature")
      #expect(answer.json["detail"]?["sign_information"]?["method"] == .string(changed.method))
    }
    #expect(await fixture.standIn.answer(request).status == 200)
  }

  @Test("a nonce works once, as long as its timestamp does")
  func replay() async throws {
    let fixture = try Fixture()
    let request = try fixture.request("GET", Fixture.uploadPath)
    #expect(await fixture.standIn.answer(request).status == 200)
    let again = TestAnswer(await fixture.standIn.answer(request))
    #expect(again.status == 401)
    #expect(again.json["detail"]?["field"] == "nonce_str")
    fixture.wait(milliseconds: 300_000)
    #expect(await fixture.standIn.answer(request).status == 401)
    fixture.wait(milliseconds: 400_000)
    // Forgotten by now, but too old.
    let late = TestAnswer(await fixture.standIn.answer(request))
    #expect(late.json["detail"]?["field"] == "timestamp")
  }

  @Test("a refused signature does not use up its nonce")
  func nonceOfForgery() async throws {
    let fixture = try Fixture()
    let other = fixture.keys.other
    let forged = try await fixture.answer("GET", Fixture.uploadPath) { signing in
      signing.nonce = "N1"
      signing.key = other
    }
    #expect(forged.status == 401)
    let honest = try await fixture.answer("GET", Fixture.uploadPath) { $0.nonce = "N1" }
    #expect(honest.status == 200)
  }

  @Test("an expired merchant certificate is refused")
  func expired() async throws {
    let keys = try TestKeys.shared.get()
    let certificate = try TestKeys.certificate(
      for: keys.merchant, from: Fixture.start, lifetime: -1)
    let fixture = try Fixture(merchantCertificate: certificate)
    let answer = try await fixture.answer("GET", Fixture.uploadPath) {
      $0.serial = certificate.serialNumber
    }
    #expect(answer.status == 401)
    #expect(answer.json["message"] == "商户证书已过期")
  }

  @Test("nonces are forgotten, so that memory follows the traffic of ten minutes")
  func nonceMemory() {
    var memory = NonceMemory()
    for second in 0..<5000 {
      let now = Moment(secondsSince1970: Int64(second))
      let results = [
        memory.insert("n\(second)", of: "1", now: now),
        memory.insert("n\(second)", of: "1", now: now),
        memory.insert("n\(second)", of: "2", now: now),
      ]
      #expect(results == [true, false, true])
    }
    #expect(memory.count == 2 * 601)
  }
}
