// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import HTTP
internal import JSON
internal import Testing

@testable internal import Simulator

@Suite struct UploadTests {
  @Test("every count and list of the answer is what happened")
  func answer() async throws {
    let fixture = try Fixture()
    _ = try await fixture.upload(["OLD"], number: "r1")
    let long = String(repeating: "L", count: 33)
    let answer = try await fixture.upload(["NEW", "OLD", long, "NEW"], number: "r2")
    #expect(answer.status == 200)
    #expect(answer.json["total_count"] == 3)
    #expect(answer.json["success_count"] == 1)
    #expect(answer.strings("success_codes") == ["NEW"])
    #expect(answer.json["fail_count"] == 1)
    #expect(
      answer.json["fail_codes"] == [
        ["coupon_code": .string(long), "code": "LENGTH_LIMIT", "message": "长度超过最大值32位"]
      ])
    #expect(answer.strings("exist_codes") == ["OLD"])
    #expect(answer.strings("duplicate_codes") == ["NEW"])
  }

  @Test("what is empty is left out of the answer")
  func optionalMembers() async throws {
    let answer = try await Fixture().upload(["A"], number: "r1")
    let names = answer.json.objectValue?.members.map(\.name) ?? []
    #expect(names == ["stock_id", "total_count", "success_count", "success_codes", "success_time"])
  }

  @Test("the same number with the same content is handled code by code again")
  func repeated() async throws {
    let fixture = try Fixture()
    _ = try await fixture.upload(["A", "B"], number: "r1")
    let again = try await fixture.upload(["A", "B"], number: "r1")
    #expect(again.status == 200)
    #expect(again.json["success_count"] == 0)
    #expect(again.strings("success_codes").isEmpty)
    #expect(again.strings("exist_codes") == ["A", "B"])
    let uploads = fixture.standIn.books.withLock { $0.uploads.entries }
    #expect(uploads.count == 1)
    #expect(uploads.first?.times == 2)
    #expect(uploads.first?.imported.map(\.text) == ["A", "B"])
  }

  @Test("white space and member order are not content")
  func sameContentSpelledOtherwise() async throws {
    let fixture = try Fixture()
    let one = #"{"coupon_code_list":["A"],"upload_request_no":"r1"}"#
    let two = "{ \"upload_request_no\": \"\\u00721\",\n \"coupon_code_list\": [\"A\"] }"
    #expect(try await fixture.answer("POST", Fixture.uploadPath, body: one).status == 200)
    #expect(try await fixture.answer("POST", Fixture.uploadPath, body: two).status == 200)
  }

  @Test(
    "the same number with other content is RESOURCE_ALREADY_EXISTS and changes nothing",
    arguments: [["B", "A"], ["A"], ["A", "B", "C"], ["C"]])
  func otherContent(codes: [String]) async throws {
    let fixture = try Fixture()
    _ = try await fixture.upload(["A", "B"], number: "r1")
    let other = try await fixture.upload(codes, number: "r1")
    #expect(other.status == 400)
    #expect(other.code == "RESOURCE_ALREADY_EXISTS")
    let books = fixture.standIn.books.withLock { $0 }
    #expect(books.batches[Fixture.stock]?.pool.codes.map(\.text) == ["A", "B"])
    #expect(books.uploads.entries.first?.conflicts == 1)
  }

  @Test("numbers are the merchant's own: another number, or a refused one, is free")
  func freeNumbers() async throws {
    let fixture = try Fixture(uploadLimit: 2)
    #expect(try await fixture.upload(["A", "B", "C"], number: "r1").code == "INVALID_REQUEST")
    #expect(try await fixture.upload(["A"], number: "r1").status == 200)
    #expect(try await fixture.upload(["B"], number: "r2").status == 200)
  }

  @Test("the upload limit of the batch is INVALID_REQUEST in the documented words")
  func limit() async throws {
    let fixture = try Fixture(uploadLimit: 1)
    _ = try await fixture.upload(["A"], number: "r1")
    let answer = try await fixture.upload(["B"], number: "r2")
    #expect(answer.status == 400)
    #expect(answer.code == "INVALID_REQUEST")
    #expect(answer.json["message"]?.stringValue?.contains("上传的自定义code已达上限") == true)
    #expect(fixture.verifies(answer))
  }

  @Test("a batch of another mode, owner or none at all")
  func wrongBatch() async throws {
    #expect(
      try await Fixture(codeMode: .wechatPay).upload(["A"], number: "r").code == "INVALID_REQUEST")
    #expect(try await Fixture().upload(["A"], number: "r", stock: "98065002").code == "NOAUTH")
    let missing = try await Fixture().upload(["A"], number: "r", stock: "404")
    #expect(missing.status == 404)
    #expect(missing.code == "RESOURCE_NOT_EXISTS")
  }

  static let badBodies: [(String, String)] = [
    ("", ""), ("[]", ""), ("{", ""), (#"{"coupon_code_list":["A"],"coupon_code_list":["A"]}"#, ""),
    (#"{"coupon_code_list":["A"]}"#, "/upload_request_no"),
    (#"{"upload_request_no":"r"}"#, "/coupon_code_list"),
    (#"{"coupon_code_list":null,"upload_request_no":"r"}"#, "/coupon_code_list"),
    (#"{"coupon_code_list":["A"],"upload_request_no":"r","extra":[null]}"#, "/extra/0"),
    (#"{"coupon_code_list":["A"],"upload_request_no":"r","a/b~c":null}"#, "/a~1b~0c"),
    (#"{"coupon_code_list":"A","upload_request_no":"r"}"#, "/coupon_code_list"),
    (#"{"coupon_code_list":[],"upload_request_no":"r"}"#, "/coupon_code_list"),
    (#"{"coupon_code_list":["A",1],"upload_request_no":"r"}"#, "/coupon_code_list/1"),
    (#"{"coupon_code_list":["A"],"upload_request_no":1}"#, "/upload_request_no"),
    (#"{"coupon_code_list":["A"],"upload_request_no":""}"#, "/upload_request_no"),
    (
      #"{"coupon_code_list":["A"],"upload_request_no":"\#(String(repeating: "r", count: 129))"}"#,
      "/upload_request_no"
    ),
    (#"{"coupon_code_list":["😀"],"upload_request_no":"r"}"#, "/coupon_code_list/0"),
    (
      "{\"coupon_code_list\":[\(Array(repeating: "\"A\"", count: 201).joined(separator: ","))],\"upload_request_no\":\"r\"}",
      "/coupon_code_list"
    ),
  ]

  @Test("a body that breaks a rule is PARAM_ERROR with the place", arguments: badBodies)
  func badBody(body: String, field: String) async throws {
    let fixture = try Fixture()
    let answer = try await fixture.answer(
      "POST", Fixture.uploadPath, body: body, headers: ["Content-Type": "application/json"])
    #expect(answer.status == 400)
    #expect(answer.code == "PARAM_ERROR")
    #expect(answer.json["detail"]?["field"] == .string(field))
    #expect(answer.json["detail"]?["location"] == "body")
    #expect(fixture.verifies(answer))
  }

  @Test("more codes in a second than allowed are 429, and the next second has room")
  func codesPerSecond() async throws {
    let fixture = try Fixture(codesPerSecond: 3)
    #expect(try await fixture.upload(["A", "B"], number: "r1").status == 200)
    let limited = try await fixture.upload(["C", "D"], number: "r2")
    #expect(limited.status == 429)
    #expect(limited.code == "FREQUENCY_LIMITED")
    #expect(fixture.verifies(limited))
    #expect(try await fixture.upload(["C"], number: "r3").status == 200)
    fixture.wait(milliseconds: 1000)
    // More than the limit at once, but alone in its second.
    #expect(try await fixture.upload(["E", "F", "G", "H"], number: "r4").status == 200)
  }

  @Test("more requests in a second than allowed are 429")
  func requestsPerSecond() async throws {
    let fixture = try Fixture(requestsPerSecond: 2)
    var statuses: [Int] = []
    for _ in 0..<3 { statuses.append(try await fixture.answer("GET", Fixture.uploadPath).status) }
    #expect(statuses == [200, 200, 429])
    fixture.wait(milliseconds: 1000)
    #expect(try await fixture.answer("GET", Fixture.uploadPath).status == 200)
  }

  @Test("uploaded codes are listed in pages, looked up and deleted")
  func listAndDelete() async throws {
    let fixture = try Fixture()
    _ = try await fixture.upload(["A", "B/1", "C"], number: "r1")
    let page = try await fixture.answer(
      "GET", "\(Fixture.uploadPath)?limit=2&offset=1&appid=wx1&status=AVAILABLE")
    #expect(page.json["total_count"] == 3)
    #expect(page.json["data"]?.arrayValue?.compactMap { $0["code"]?.stringValue } == ["B/1", "C"])
    #expect(page.json["limit"] == 2)
    let one = try await fixture.answer("GET", "\(Fixture.uploadPath)/B%2F1?appid=wx1")
    #expect(one.json["code_information"]?["code_status"] == "AVAILABLE")
    let deleted = try await fixture.answer(
      "DELETE", "\(Fixture.uploadPath)/B%2F1?delete_request_no=d1")
    #expect(deleted.status == 200)
    #expect(deleted.json["stock_id"] == "98065001")
    let again = try await fixture.answer(
      "DELETE", "\(Fixture.uploadPath)/B%2F1?delete_request_no=d1")
    #expect(again.json == deleted.json)
    #expect(
      try await fixture.answer("DELETE", "\(Fixture.uploadPath)/B%2F1?delete_request_no=d2").status
        == 404)
    #expect(
      try await fixture.answer("DELETE", "\(Fixture.uploadPath)/A?delete_request_no=d1").code
        == "RESOURCE_ALREADY_EXISTS")
    #expect(try await fixture.answer("DELETE", "\(Fixture.uploadPath)/A").code == "PARAM_ERROR")
    #expect(try await fixture.answer("GET", "\(Fixture.uploadPath)/B%2F1").status == 404)
  }
}
