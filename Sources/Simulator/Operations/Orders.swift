// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `/v3/pay/transactions/out-trade-no/{out_trade_no}`: a payment order, from another product than
/// coupons.
enum Orders {
  /// Answers a paid order for every number, the same each time; numbers that begin with `NOPE` do
  /// not exist.
  static func get(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let number = try call.pathParameter("out_trade_no", limit: 32)
    guard number.unicodeScalars.count >= 6 else {
      throw .parameter(
        "out_trade_no", in: "path", issue: "out_trade_no must have 6 to 32 characters")
    }
    guard try call.query.string("mchid", 1...32) == call.merchant else {
      throw .parameter("mchid", in: "query", issue: "mchid is not the merchant that signed")
    }
    guard !number.hasPrefix("NOPE") else {
      throw Refusal(status: 404, code: "ORDER_NOT_EXIST", message: "订单不存在")
    }
    let amount = 100 + number.utf8.reduce(0) { $0 + Int($1) }
    return .ok([
      "appid": "wxd678efh567hg6787", "mchid": .string(call.merchant),
      "out_trade_no": .string(number),
      "transaction_id": .string(
        "4200000000\(String(repeating: "0", count: 18))".prefix(28).description),
      "trade_type": "JSAPI", "trade_state": "SUCCESS", "trade_state_desc": "支付成功",
      "bank_type": "CMC",
      "attach": "", "success_time": "2018-06-08T10:34:56+08:00",
      "payer": ["openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"],
      "amount": [
        "total": JSONValue(integerLiteral: amount),
        "payer_total": JSONValue(integerLiteral: amount),
        "currency": "CNY", "payer_currency": "CNY",
      ],
    ])
  }
}
