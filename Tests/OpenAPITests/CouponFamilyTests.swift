// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenAPI
import Testing

@Suite("The coupon family as it is shipped")
struct CouponFamilyTests {
  @Test("the documents load without a mistake and hold the whole family")
  func loads() throws {
    let catalog = try Catalog.load(documents: [Documents.busifavor])
    #expect(catalog.operations.count == 21)
    #expect(catalog.operations.filter(\.hasRequestNumber).count == 12)
    #expect(
      catalog.operations.filter { $0.method != "GET" && !$0.hasRequestNumber }.map(\.id) == [
        "setCallback"
      ])
  }

  static let stock = #"""
    {"stock_name":"8月1日活动券","belong_merchant":"10000098","comment":"活动使用","goods_name":"填写代金券可适用的商品或服务",
    "stock_type":"NORMAL","coupon_use_rule":{"coupon_available_time":{"available_begin_time":"2015-05-20T13:29:35+08:00",
    "available_end_time":"2015-05-20T13:29:35+08:00","available_day_after_receive":3,"wait_days_after_receive":7,
    "available_week":{"week_day":[1,2],"available_day_time":[{"begin_time":3600,"end_time":86399}]},
    "irregulary_avaliable_time":[{"begin_time":"2015-05-20T13:29:35+08:00","end_time":"2015-05-20T13:29:35+08:00"}]},
    "fixed_normal_coupon":{"discount_amount":5,"transaction_minimum":100},"use_method":"OFF_LINE"},
    "stock_send_rule":{"max_coupons":100,"max_coupons_per_user":5,"max_coupons_by_day":100,"natural_person_limit":false,
    "prevent_api_abuse":false,"transferable":false,"shareable":false},"out_request_no":"100002322019090134234sfdf",
    "custom_entrance":{"mini_programs_info":{"mini_programs_appid":"wx234545656765876",
    "mini_programs_path":"/path/index/index","entrance_words":"欢迎选购","guiding_words":"获取更多优惠"},
    "appid":"wx324345hgfhfghfg","hall_id":"233455656","store_id":"233554655","code_display_mode":"BARCODE"},
    "display_pattern_info":{"description":"xxx门店可用","merchant_logo_url":"https://xxx","background_color":"Color020"},
    "coupon_code_mode":"WECHATPAY_MODE"}
    """#

  @Test(
    "requests as WeChat Pay documents them are accepted",
    arguments: [
      ("POST", "/stocks", nil, stock), ("GET", "/stocks/98065001", nil, nil),
      (
        "PATCH", "/stocks/98065001", nil,
        #"{"comment":"活动使用","out_request_no":"6122352020010133287985742","stock_send_rule":{"prevent_api_abuse":false}}"#
      ),
      (
        "PATCH", "/stocks/98065001/budget", nil,
        #"{"target_max_coupons":3000,"current_max_coupons":500,"modify_budget_request_no":"1002600620019090123143254436"}"#
      ),
      ("GET", "/stocks/98065001/couponcodes", "limit=10&offset=0&appid=wx1&status=AVAILABLE", nil),
      ("GET", "/stocks/98065001/couponcodes/ABC9588200", "appid=wx1", nil),
      (
        "DELETE", "/stocks/98065001/couponcodes/ABC9588200",
        "delete_request_no=1002600620019090123143254436", nil
      ),
      (
        "POST", "/coupons/use", nil,
        #"{"coupon_code":"sxxe34343434","stock_id":"100088","appid":"wx1234567889999","use_time":"2015-05-20T13:29:35+08:00","use_request_no":"1002600620019090123143254435","openid":"xsd3434454567676"}"#
      ),
      (
        "POST", "/coupons/return", nil,
        #"{"coupon_code":"sxxe34343434","stock_id":"1234567891","return_request_no":"1002600620019090123143254436"}"#
      ),
      (
        "POST", "/coupons/deactivate", nil,
        #"{"coupon_code":"sxxe34343434","stock_id":"1234567891","deactivate_request_no":"10026006","deactivate_reason":"此券使用时间设置错误"}"#
      ),
      (
        "POST", "/coupons/send", nil,
        #"{"openid":"o","appid":"wx1","stock_id":"100088","out_request_no":"1","coupon_code":"sxxe34343434"}"#
      ),
      (
        "POST", "/coupons/associate", nil,
        #"{"coupon_code":"sxxe34343434","out_trade_no":"MCH_102233445","stock_id":"100088","out_request_no":"1"}"#
      ),
      (
        "POST", "/coupons/disassociate", nil,
        #"{"coupon_code":"sxxe34343434","out_trade_no":"MCH_102233445","stock_id":"100088","out_request_no":"1"}"#
      ),
      (
        "GET", "/users/2323dfsdf342342/coupons",
        "appid=wx233544546545989&stock_id=9865000&coupon_state=USED&creator_merchant=1000000001&offset=0&limit=20",
        nil
      ),
      ("GET", "/users/2323dfsdf342342/coupons/123446565767/appids/wx233544546545989", nil, nil),
      (
        "POST", "/callbacks", nil, #"{"mchid":"10000098","notify_url":"https://pay.weixin.qq.com"}"#
      ),
      ("GET", "/callbacks", "mchid=10000098", nil),
      (
        "POST", "/subsidy/pay-receipts", nil,
        #"{"stock_id":"128888000000001","coupon_code":"ABCD12345678","transaction_id":"4200000913202101152566792388","payer_merchant":"1900000001","payee_merchant":"1900000002","amount":100,"description":"20210115DESCRIPTION","out_subsidy_no":"subsidy-abcd-12345678"}"#
      ),
      ("GET", "/subsidy/pay-receipts", "stock_id=128888000000001&coupon_code=ABCD12345678", nil),
      ("GET", "/subsidy/pay-receipts/1120200119165100000000000001", nil, nil),
    ] as [(String, String, String?, String?)])
  func documented(method: String, path: String, query: String?, body: String?) throws {
    #expect(
      try ValidationTests.violations(method, ValidationTests.base + path, query: query, body: body)
        == [])
  }

  @Test(
    "rules between members are kept",
    arguments: [
      (
        "POST", "/stocks",
        stock.replacing(#""stock_type":"NORMAL""#, with: #""stock_type":"EXCHANGE""#),
        ["body /coupon_use_rule required"]
      ),
      (
        "POST", "/stocks", stock.replacing(#""week_day":[1,2],"#, with: ""),
        ["body /coupon_use_rule/coupon_available_time/available_week dependentRequired"]
      ),
      (
        "POST", "/stocks",
        stock.replacing(#""max_coupons_per_user":5"#, with: #""max_coupons_per_user":101"#),
        ["body /stock_send_rule/max_coupons_per_user maximum"]
      ),
      (
        "POST", "/stocks",
        stock.replacing(
          "2015-05-20T13:29:35+08:00", with: "2015-05-20T13:29:35:120+08:00", maxReplacements: 1),
        ["body /coupon_use_rule/coupon_available_time/available_begin_time format"]
      ),
      (
        "PATCH", "/stocks/1/budget", #"{"target_max_coupons":1,"modify_budget_request_no":"1"}"#,
        ["body  required"]
      ),
      (
        "PATCH", "/stocks/1/budget",
        #"{"target_max_coupons":3000,"target_max_coupons_by_day":0,"current_max_coupons":500,"current_max_coupons_by_day":300,"modify_budget_request_no":"1"}"#,
        []
      ),
      ("PATCH", "/stocks/1/budget", #"{"modify_budget_request_no":"1"}"#, ["body  anyOf"]),
      (
        "POST", "/callbacks", #"{"notify_url":"http://pay.weixin.qq.com"}"#,
        ["body /notify_url pattern"]
      ),
      (
        "PATCH", "/stocks/1", #"{"out_request_no":"1","notify_config":{"notify_appid":null}}"#,
        ["body /notify_config/notify_appid type"]
      ),
    ])
  func rules(method: String, path: String, body: String, expected: [String]) throws {
    #expect(
      try ValidationTests.violations(method, ValidationTests.base + path, body: body) == expected)
  }

  @Test("the published limits stand in the document, and no window holds more")
  func rateLimits() throws {
    let limits = try Documents.shipped.get().operations.compactMap { operation in
      operation.rateLimit.map { "\(operation.id) \($0.limit) per \($0.period.components.seconds)s" }
    }
    #expect(
      limits == [
        "createStock 1000 per 60s", "associateCoupon 500 per 1s", "disassociateCoupon 500 per 1s",
      ])
    for limit in [1, 2, 9, 10, 11, 1000] {
      let read = OperationRateLimit(limit: limit, per: .seconds(1))
      #expect(read.rate >= 1 && read.burst >= 1 && (limit == 1 || read.rate + read.burst <= limit))
    }
  }
}
