// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `/v3/marketing/busifavor/coupons/…`: what happens to one coupon after it left its batch.
enum Coupons {
  static func send(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    let openid = try body.string("openid", 1...128)
    let appid = try body.string("appid", 1...32)
    let stockID = try body.string("stock_id", 1...20)
    let number = try body.string("out_request_no", 1...128)
    let wanted = try body.optionalString("coupon_code", 1...32).map { CouponCode($0) }
    return try books.once("send coupon", number: number, call: call) { books throws(Refusal) in
      try checkBudget(of: stockID, openid: openid, in: books, call)
      let code = try takeCode(from: stockID, wanted: wanted, for: openid, &books, call)
      let key = Books.CouponKey(batchID: stockID, code: code)
      books.coupons[key] = Coupon(
        code: code, batchID: stockID, openid: openid, appid: appid, received: call.now,
        sendRequestNumber: number)
      books.couponsOfUser[openid, default: []].append(key)
      books.batches[stockID]?.sent.append(call.now)
      return .ok([
        "send_coupon_result": [
          "stock_id": .string(stockID), "out_request_no": .string(number),
          "coupon_code": .string(code.text),
        ]
      ])
    }
  }

  private static func checkBudget(
    of stockID: String, openid: String, in books: Books, _ call: Call
  ) throws(Refusal) {
    let batch = try books.batch(stockID, for: call.merchant)
    guard batch.sent.count < batch.maxCoupons else { throw .ruleLimit("批次预算不足") }
    if let byDay = batch.maxCouponsByDay, batch.sentCount(onDayOf: call.now) >= byDay {
      throw .ruleLimit("批次单天预算不足")
    }
    let owned = books.couponsOfUser[openid, default: []].count { $0.batchID == stockID }
    guard owned < batch.maxCouponsPerUser else { throw .ruleLimit("用户已达领取上限") }
  }

  private static func takeCode(
    from stockID: String, wanted: CouponCode?, for openid: String, _ books: inout Books,
    _ call: Call
  ) throws(Refusal) -> CouponCode {
    switch try books.batch(stockID, for: call.merchant).codeMode {
    case .wechatPay:
      // WeChat Pay's own codes are 22 digits.
      return CouponCode(books.nextNumber(digits: 22))
    case .merchantAPI:
      guard let wanted else {
        throw call.body.refusal("coupon_code", issue: "is required for this batch")
      }
      guard books.coupons[.init(batchID: stockID, code: wanted)] == nil else {
        throw .alreadyExists("coupon_code已被使用")
      }
      return wanted
    case .merchantUpload:
      // Uploaded codes are handed out at random; nobody may ask for one ("不能指定").
      guard wanted == nil else { throw .invalidRequest("发券模式不合法：预上传code的批次不能指定code") }
      guard let code = books.batches[stockID]?.pool.dispatch(nil, to: openid, at: call.now) else {
        throw .ruleLimit("批次可用code不足")
      }
      return code
    }
  }

  static func use(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let number = try call.body.string("use_request_no", 1...128)
    _ = try call.body.string("appid", 1...32)
    _ = try call.body.string("use_time", 1...32)
    let openid = try call.body.optionalString("openid", 1...128)
    return try books.once("use coupon", number: number, call: call) { books throws(Refusal) in
      let key = try find(books, call)
      guard let coupon = books.coupons[key] else { throw .resourceNotFound("券不存在") }
      guard openid == nil || openid == coupon.openid else {
        throw Refusal(status: 404, code: "USER_NOT_EXISTS", message: "openid不正确")
      }
      switch coupon.state {
      case .sent: break
      case .used: throw .alreadyExists("券已被其他订单核销")
      case .expired, .deleted, .deactivated: throw .ruleLimit("券不在有效期")
      }
      books.coupons[key]?.state = .used
      books.coupons[key]?.used = (call.now, number)
      return .ok([
        "stock_id": .string(coupon.batchID), "openid": .string(coupon.openid),
        "wechatpay_use_time": .string(call.now.beijingTime),
      ])
    }
  }

  static func takeBack(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let number = try call.body.string("return_request_no", 1...128)
    _ = try call.body.string("stock_id", 1...20)
    return try books.once("return coupon", number: number, call: call) { books throws(Refusal) in
      let key = try find(books, call)
      guard books.coupons[key]?.state == .used else { throw .invalidRequest("券未核销，不能退券") }
      books.coupons[key]?.state = .sent
      books.coupons[key]?.used = nil
      books.coupons[key]?.returned = (call.now, number)
      return .ok(["wechatpay_return_time": .string(call.now.beijingTime)])
    }
  }

  static func deactivate(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let number = try call.body.string("deactivate_request_no", 1...128)
    _ = try call.body.string("stock_id", 1...20)
    let reason = try call.body.optionalString("deactivate_reason", 1...64)
    return try books.once("deactivate coupon", number: number, call: call) {
      books throws(Refusal) in
      let key = try find(books, call)
      guard books.coupons[key]?.state == .sent else { throw .invalidRequest("券不是可用状态，不能失效") }
      books.coupons[key]?.state = .deactivated
      books.coupons[key]?.deactivated = (call.now, number, reason)
      return .ok(["wechatpay_deactivate_time": .string(call.now.beijingTime)])
    }
  }

  static func associate(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let order = try call.body.string("out_trade_no", 1...32)
    _ = try call.body.string("stock_id", 1...20)
    let number = try call.body.string("out_request_no", 1...128)
    return try books.once("associate coupon", number: number, call: call) { books throws(Refusal) in
      let key = try find(books, call)
      let earlier = books.coupons[key]?.order
      guard earlier == nil || earlier == order else { throw .alreadyExists("券已关联其他订单") }
      books.coupons[key]?.order = order
      return .ok(["wechatpay_associate_time": .string(call.now.beijingTime)])
    }
  }

  static func disassociate(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let order = try call.body.string("out_trade_no", 1...32)
    _ = try call.body.string("stock_id", 1...20)
    let number = try call.body.string("out_request_no", 1...128)
    return try books.once("disassociate coupon", number: number, call: call) {
      books throws(Refusal) in
      let key = try find(books, call)
      guard books.coupons[key]?.order == order else { throw .invalidRequest("券未与该订单关联") }
      books.coupons[key]?.order = nil
      return .ok(["wechatpay_disassociate_time": .string(call.now.beijingTime)])
    }
  }

  /// The coupon that `coupon_code` and, if it is there, `stock_id` name. Without a batch the code
  /// must be of a batch whose codes WeChat Pay made: only those are unique beyond their batch.
  private static func find(_ books: Books, _ call: Call) throws(Refusal) -> Books.CouponKey {
    let code = CouponCode(try call.body.string("coupon_code", 1...32))
    if let stockID = try call.body.optionalString("stock_id", 1...20) {
      _ = try books.batch(stockID, for: call.merchant)
      let key = Books.CouponKey(batchID: stockID, code: code)
      guard books.coupons[key] != nil else { throw .resourceNotFound("券不存在") }
      return key
    }
    let own = books.batches.values.filter { $0.owner == call.merchant && $0.codeMode == .wechatPay }
    for batch in own {
      let key = Books.CouponKey(batchID: batch.id, code: code)
      if books.coupons[key] != nil { return key }
    }
    throw .resourceNotFound("券不存在")
  }
}
