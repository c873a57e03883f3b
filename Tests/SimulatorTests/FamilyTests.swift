// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON
internal import Testing

@testable internal import Simulator

/// The rest of the coupon family, each operation in the life of a batch and its coupons.
@Suite struct FamilyTests {
  static let family = "/v3/marketing/busifavor"

  static func stockBody(mode: String, number: String = "o1", perUser: Int = 5) -> String {
    """
    {"stock_name":"8月1日活动券","belong_merchant":"1900000001","goods_name":"商品","stock_type":"NORMAL",
     "coupon_use_rule":{"coupon_available_time":{"available_begin_time":"2023-11-01T00:00:00+08:00",
       "available_end_time":"2023-12-01T00:00:00+08:00"},
       "fixed_normal_coupon":{"discount_amount":5,"transaction_minimum":100},"use_method":"OFF_LINE"},
     "stock_send_rule":{"max_coupons":3,"max_coupons_per_user":\(perUser)},
     "coupon_code_mode":"\(mode)","out_request_no":"\(number)"}
    """
  }

  private func post(_ fixture: Fixture, _ path: String, _ body: String) async throws -> TestAnswer {
    try await fixture.answer("POST", "\(Self.family)\(path)", body: body)
  }

  private func createStock(_ fixture: Fixture, mode: String) async throws -> String {
    let created = try await post(fixture, "/stocks", Self.stockBody(mode: mode))
    return try #require(created.json["stock_id"]?.stringValue)
  }

  @Test("a batch is created once for a request number, and read back")
  func createStock() async throws {
    let fixture = try Fixture()
    let body = Self.stockBody(mode: "MERCHANT_UPLOAD")
    let created = try await post(fixture, "/stocks", body)
    #expect(created.status == 200)
    #expect(try await post(fixture, "/stocks", body).json == created.json)
    let other = try await post(fixture, "/stocks", Self.stockBody(mode: "WECHATPAY_MODE"))
    #expect(other.code == "RESOURCE_ALREADY_EXISTS")
    let id = try #require(created.json["stock_id"]?.stringValue)
    _ = try await fixture.upload(["A", "B"], number: "u1", stock: id)
    let read = try await fixture.answer("GET", "\(Self.family)/stocks/\(id)")
    #expect(read.json["stock_name"] == "8月1日活动券")
    #expect(read.json["stock_state"] == "RUNNING")
    #expect(read.json["coupon_code_count"] == ["total_count": 2, "available_count": 2])
  }

  @Test(
    "a batch that lacks a rule is PARAM_ERROR",
    arguments: [
      "stock_name", "belong_merchant", "goods_name", "stock_type", "coupon_use_rule",
      "stock_send_rule",
      "coupon_code_mode", "out_request_no",
    ])
  func incompleteStock(name: String) async throws {
    let fixture = try Fixture()
    let whole = try JSONValue(parsing: Array(Self.stockBody(mode: "MERCHANT_UPLOAD").utf8))
    var object = try #require(whole.objectValue)
    object[name] = nil
    let body = String(decoding: JSONValue.object(object).serialized(), as: UTF8.self)
    let answer = try await post(fixture, "/stocks", body)
    #expect(answer.code == "PARAM_ERROR")
    #expect(answer.json["detail"]?["field"] == .string("/\(name)"))
  }

  @Test("changing a batch answers 204 without a body, signed")
  func patch() async throws {
    let fixture = try Fixture()
    let body =
      #"{"stock_name":"新名","out_request_no":"p1","stock_send_rule":{"prevent_api_abuse":true}}"#
    let answer = try await fixture.answer("PATCH", "\(Self.family)/stocks/98065001", body: body)
    #expect(answer.status == 204)
    #expect(answer.response.body.isEmpty)
    #expect(answer.response.headers["Content-Type"] == nil)
    #expect(fixture.verifies(answer))
    let read = try await fixture.answer("GET", "\(Self.family)/stocks/98065001")
    #expect(read.json["stock_name"] == "新名")
    #expect(read.json["stock_send_rule"]?["prevent_api_abuse"] == true)
  }

  @Test("a budget changes from the value that the caller knows")
  func budget() async throws {
    let fixture = try Fixture()
    let id = try await createStock(fixture, mode: "MERCHANT_UPLOAD")
    let path = "\(Self.family)/stocks/\(id)/budget"
    let wrong = #"{"target_max_coupons":9,"current_max_coupons":4,"modify_budget_request_no":"b1"}"#
    #expect(try await fixture.answer("PATCH", path, body: wrong).code == "INVALID_REQUEST")
    let right = #"{"target_max_coupons":9,"current_max_coupons":3,"modify_budget_request_no":"b1"}"#
    let answer = try await fixture.answer("PATCH", path, body: right)
    #expect(answer.json == ["max_coupons": 9, "max_coupons_by_day": 0])
    // The repetition is answered from the ledger although the current value is another by now.
    #expect(try await fixture.answer("PATCH", path, body: right).json == answer.json)
    let neither = #"{"modify_budget_request_no":"b2"}"#
    #expect(try await fixture.answer("PATCH", path, body: neither).code == "PARAM_ERROR")
  }

  @Test("a coupon is sent, used, returned, and deactivated")
  func life() async throws {
    let fixture = try Fixture()
    let id = try await createStock(fixture, mode: "MERCHANT_UPLOAD")
    _ = try await fixture.upload(["A"], number: "u1", stock: id)
    let send = #"{"openid":"o1","appid":"wx1","stock_id":"\#(id)","out_request_no":"s1"}"#
    let sent = try await post(fixture, "/coupons/send", send)
    #expect(sent.json["send_coupon_result"]?["coupon_code"] == "A")
    #expect(try await post(fixture, "/coupons/send", send).json == sent.json)
    let noneLeft = #"{"openid":"o1","appid":"wx1","stock_id":"\#(id)","out_request_no":"s2"}"#
    #expect(try await post(fixture, "/coupons/send", noneLeft).code == "RULELIMIT")

    let use = { (number: String) in
      #"{"coupon_code":"A","stock_id":"\#(id)","appid":"wx1","use_time":"2023-11-15T06:13:20+08:00","use_request_no":"\#(number)"}"#
    }
    let used = try await post(fixture, "/coupons/use", use("n1"))
    #expect(used.json["openid"] == "o1")
    #expect(try await post(fixture, "/coupons/use", use("n1")).json == used.json)
    #expect(try await post(fixture, "/coupons/use", use("n2")).code == "RESOURCE_ALREADY_EXISTS")
    let state = try await fixture.answer("GET", "\(Self.family)/users/o1/coupons/A/appids/wx1")
    #expect(state.json["coupon_state"] == "USED")
    #expect(state.json["use_request_no"] == "n1")

    let back = #"{"coupon_code":"A","stock_id":"\#(id)","return_request_no":"r1"}"#
    #expect(try await post(fixture, "/coupons/return", back).json["wechatpay_return_time"] != nil)
    let off =
      #"{"coupon_code":"A","stock_id":"\#(id)","deactivate_request_no":"d1","deactivate_reason":"错"}"#
    #expect(
      try await post(fixture, "/coupons/deactivate", off).json["wechatpay_deactivate_time"] != nil)
    #expect(try await post(fixture, "/coupons/use", use("n3")).code == "RULELIMIT")

    let list = try await fixture.answer(
      "GET", "\(Self.family)/users/o1/coupons?appid=wx1&stock_id=\(id)")
    #expect(list.json["total_count"] == 1)
    #expect(list.json["data"]?.arrayValue?.first?["coupon_state"] == "DEACTIVATED")
    let others = try await fixture.answer(
      "GET", "\(Self.family)/users/o1/coupons?appid=wx1&coupon_state=SENDED")
    #expect(others.json["total_count"] == 0)
  }

  @Test(
    "a batch whose codes the merchant names takes each code once, and WeChat Pay's own are 22 digits"
  )
  func codeModes() async throws {
    let fixture = try Fixture()
    let id = try await createStock(fixture, mode: "MERCHANT_API")
    let send = { (code: String, number: String) in
      #"{"openid":"o1","appid":"wx1","stock_id":"\#(id)"\#(code),"out_request_no":"\#(number)"}"#
    }
    #expect(try await post(fixture, "/coupons/send", send("", "s0")).code == "PARAM_ERROR")
    #expect(
      try await post(fixture, "/coupons/send", send(#","coupon_code":"M1""#, "s1")).status == 200)
    let twice = try await post(fixture, "/coupons/send", send(#","coupon_code":"M1""#, "s2"))
    #expect(twice.code == "RESOURCE_ALREADY_EXISTS")

    let own = try await post(
      fixture, "/stocks", Self.stockBody(mode: "WECHATPAY_MODE", number: "o2", perUser: 1))
    let ownID = try #require(own.json["stock_id"]?.stringValue)
    let sent = try await post(
      fixture, "/coupons/send",
      #"{"openid":"o2","appid":"wx1","stock_id":"\#(ownID)","out_request_no":"s3"}"#)
    #expect(sent.json["send_coupon_result"]?["coupon_code"]?.stringValue?.count == 22)
    let second = try await post(
      fixture, "/coupons/send",
      #"{"openid":"o2","appid":"wx1","stock_id":"\#(ownID)","out_request_no":"s4"}"#)
    #expect(second.code == "RULELIMIT")
  }

  @Test("an order is tied to a coupon and untied")
  func association() async throws {
    let fixture = try Fixture()
    _ = try await fixture.upload(["A"], number: "u1")
    _ = try await post(
      fixture, "/coupons/send",
      #"{"openid":"o1","appid":"wx1","stock_id":"98065001","out_request_no":"s1"}"#)
    let body = { (order: String, number: String) in
      #"{"stock_id":"98065001","coupon_code":"A","out_trade_no":"\#(order)","out_request_no":"\#(number)"}"#
    }
    #expect(
      try await post(fixture, "/coupons/associate", body("T1", "a1")).json[
        "wechatpay_associate_time"] != nil)
    #expect(
      try await post(fixture, "/coupons/associate", body("T2", "a2")).code
        == "RESOURCE_ALREADY_EXISTS")
    #expect(
      try await post(fixture, "/coupons/disassociate", body("T2", "a3")).code == "INVALID_REQUEST")
    let untied = try await post(fixture, "/coupons/disassociate", body("T1", "a4"))
    #expect(untied.json["wechatpay_disassociate_time"] != nil)
    let missing = body("T1", "a5").replacing("\"A\"", with: "\"Z\"")
    #expect(try await post(fixture, "/coupons/associate", missing).status == 404)
  }

  @Test("a callback address is set and read")
  func callbacks() async throws {
    let fixture = try Fixture()
    #expect(
      try await fixture.answer("GET", "\(Self.family)/callbacks?mchid=1900000001").status == 404)
    let set = try await post(
      fixture, "/callbacks", #"{"mchid":"1900000001","notify_url":"https://pay.example.com/cb"}"#)
    #expect(set.json["notify_url"] == "https://pay.example.com/cb")
    let read = try await fixture.answer("GET", "\(Self.family)/callbacks?mchid=1900000001")
    #expect(read.json == ["notify_url": "https://pay.example.com/cb", "mchid": "1900000001"])
    #expect(
      try await post(fixture, "/callbacks", #"{"notify_url":"http://pay.example.com/cb"}"#).code
        == "PARAM_ERROR")
  }

  @Test("a subsidy is paid for a used coupon and found again")
  func subsidy() async throws {
    let fixture = try Fixture()
    _ = try await fixture.upload(["A"], number: "u1")
    _ = try await post(
      fixture, "/coupons/send",
      #"{"openid":"o1","appid":"wx1","stock_id":"98065001","out_request_no":"s1"}"#)
    let pay =
      #"{"stock_id":"98065001","coupon_code":"A","transaction_id":"4200000913202101152566792388","#
      + #""payer_merchant":"1900000001","payee_merchant":"1900000002","amount":100,"description":"d","out_subsidy_no":"y1"}"#
    #expect(try await post(fixture, "/subsidy/pay-receipts", pay).code == "INVALID_REQUEST")
    _ = try await post(
      fixture, "/coupons/use",
      #"{"coupon_code":"A","stock_id":"98065001","appid":"wx1","use_time":"2023-11-15T06:13:20+08:00","use_request_no":"n1"}"#
    )
    let paid = try await post(fixture, "/subsidy/pay-receipts", pay)
    #expect(paid.json["status"] == "PAY_RECEIPT_SUCCESS")
    let id = try #require(paid.json["subsidy_receipt_id"]?.stringValue)
    let one = try await fixture.answer("GET", "\(Self.family)/subsidy/pay-receipts/\(id)")
    #expect(one.json == paid.json)
    let list = try await fixture.answer(
      "GET", "\(Self.family)/subsidy/pay-receipts?stock_id=98065001&coupon_code=A&out_subsidy_no=y1"
    )
    #expect(list.json["pay_receipt_list"] == [paid.json])
  }
}
