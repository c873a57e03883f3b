// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON
internal import Testing

@testable internal import Simulator

@Suite struct RoutesTests {
  @Test(
    "a path that is not served is 404",
    arguments: [
      "/", "/v3", "/v3/marketing/busifavor/stocks/", "/v3/marketing/busifavor/stocks//couponcodes",
      "/v3/marketing/busifavor/stocks/1/couponcodes/", "/v3/marketing/busifavor/stocks/%zz",
      "/v3/marketing/busifavor/stocks/..%2f1/x", "/V3/certificates",
    ])
  func unknown(path: String) async throws {
    let fixture = try Fixture()
    let answer = try await fixture.answer("GET", path)
    #expect(answer.status == 404)
    #expect(answer.code == "NOT_FOUND")
    #expect(fixture.verifies(answer))
  }

  @Test("another method is 405 and says which there are")
  func method() async throws {
    let answer = try await Fixture().answer("DELETE", Fixture.uploadPath)
    #expect(answer.status == 405)
    #expect(answer.response.headers["Allow"] == "POST, GET")
  }

  @Test("a placeholder is decoded after the path is cut, so it cannot reach another path")
  func decoding() async throws {
    let answer = try await Fixture().answer(
      "GET", "/v3/marketing/busifavor/stocks/98065001%2Fcouponcodes")
    #expect(answer.code == "RESOURCE_NOT_EXISTS")
  }

  @Test("a stock_id of 21 characters is PARAM_ERROR")
  func length() async throws {
    let answer = try await Fixture().answer(
      "GET", "/v3/marketing/busifavor/stocks/123456789012345678901")
    #expect(answer.code == "PARAM_ERROR")
  }

  @Test(
    "a query that is not percent-encoded UTF-8, or names one parameter twice, is PARAM_ERROR",
    arguments: ["limit=%", "limit=%ff", "limit=1&limit=2", "limit=abc", "limit=0", "status=GONE"])
  func query(text: String) async throws {
    let answer = try await Fixture().answer("GET", "\(Fixture.uploadPath)?\(text)")
    #expect(answer.code == "PARAM_ERROR")
  }

  @Test("an order of another product is found, and one that begins with NOPE is not")
  func order() async throws {
    let fixture = try Fixture()
    let path = "/v3/pay/transactions/out-trade-no"
    let paid = try await fixture.answer(
      "GET", "\(path)/1217752501201407033233368018?mchid=1900000001")
    #expect(paid.json["trade_state"] == "SUCCESS")
    #expect(paid.json["out_trade_no"] == "1217752501201407033233368018")
    #expect(paid.json["transaction_id"]?.stringValue?.count == 28)
    let missing = try await fixture.answer("GET", "\(path)/NOPE123456?mchid=1900000001")
    #expect(missing.code == "ORDER_NOT_EXIST")
    #expect(
      try await fixture.answer("GET", "\(path)/12177525?mchid=1900000002").code == "PARAM_ERROR")
  }
}
