// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `/v3/marketing/busifavor/subsidy/pay-receipts`: subsidies for used coupons.
enum Subsidies {
  /// 5,000 yuan in fen. Source: WeChat Pay, "营销补差付款": "最高补差金额为5000元".
  private static let mostAmount = 500_000

  static func pay(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let stockID = try body.string("stock_id", 1...20)
    let code = CouponCode(try body.string("coupon_code", 1...32))
    let transaction = try body.string("transaction_id", 1...64)
    let payer = try body.string("payer_merchant", 8...15)
    let payee = try body.string("payee_merchant", 8...15)
    let amount = try body.integer("amount", 1...mostAmount)
    let text = try body.string("description", 1...1024)
    let number = try body.string("out_subsidy_no", 1...128)
    return try books.once("pay subsidy", number: number, call: call) { books throws(Refusal) in
      _ = try books.batch(stockID, for: call.merchant)
      let key = Books.CouponKey(batchID: stockID, code: code)
      guard let coupon = books.coupons[key] else { throw .resourceNotFound("券不存在") }
      guard coupon.state == .used else { throw .invalidRequest("券未核销，不能补差") }
      let id = books.nextNumber(digits: 28)
      let description = JSONObject([
        .init(name: "subsidy_receipt_id", value: .string(id)),
        .init(name: "stock_id", value: .string(stockID)),
        .init(name: "coupon_code", value: .string(code.text)),
        .init(name: "transaction_id", value: .string(transaction)),
        .init(name: "payer_merchant", value: .string(payer)),
        .init(name: "payee_merchant", value: .string(payee)),
        .init(name: "amount", value: JSONValue(integerLiteral: amount)),
        .init(name: "description", value: .string(text)),
        .init(name: "status", value: "PAY_RECEIPT_SUCCESS"),
        .init(name: "success_time", value: .string(call.now.beijingTime)),
        .init(name: "out_subsidy_no", value: .string(number)),
        .init(name: "create_time", value: .string(call.now.beijingTime)),
      ])
      books.receipts.append(
        SubsidyReceipt(
          id: id, merchant: call.merchant, outNumber: number, couponKey: key,
          description: description))
      return .ok(.object(description))
    }
  }

  static func list(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let stockID = try call.query.string("stock_id", 1...20)
    let code = CouponCode(try call.query.string("coupon_code", 1...32))
    let number = try call.query.optionalString("out_subsidy_no", 1...128)
    let key = Books.CouponKey(batchID: stockID, code: code)
    let found = books.receipts.filter {
      $0.merchant == call.merchant && $0.couponKey == key
        && (number == nil || number == $0.outNumber)
    }
    return .ok(["pay_receipt_list": .array(found.map { .object($0.description) })])
  }

  static func get(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let id = try call.pathParameter("subsidy_receipt_id", limit: 28)
    guard let receipt = books.receipts.first(where: { $0.id == id && $0.merchant == call.merchant })
    else {
      throw .resourceNotFound("补差付款单不存在")
    }
    return .ok(.object(receipt.description))
  }
}
