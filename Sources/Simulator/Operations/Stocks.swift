// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `/v3/marketing/busifavor/stocks`: create, get and change a batch, change its budget.
enum Stocks {
  /// Largest number of coupons of a batch. Source: WeChat Pay, "创建商家券", `max_coupons`.
  private static let mostCoupons = 1_000_000_000

  static func create(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let body = call.body
    _ = try body.string("stock_name", 1...21)
    _ = try body.string("belong_merchant", 8...15)
    _ = try body.optionalString("comment", 1...20)
    _ = try body.string("goods_name", 1...15)
    let type = try body.choice("stock_type", ["NORMAL", "DISCOUNT", "EXCHANGE"])
    try checkUseRule(try body.fields("coupon_use_rule"), type: type)
    let sendRule = try body.fields("stock_send_rule")
    let maxCoupons = try sendRule.integer("max_coupons", 1...mostCoupons)
    let maxCouponsByDay = try sendRule.optionalInteger("max_coupons_by_day", 1...mostCoupons)
    let perUser = try sendRule.integer("max_coupons_per_user", 1...100)
    guard maxCouponsByDay ?? 0 <= maxCoupons else {
      throw sendRule.refusal("max_coupons_by_day", issue: "is more than max_coupons")
    }
    let mode = try body.choice("coupon_code_mode", Batch.CodeMode.allCases.map(\.rawValue))
    let number = try body.string("out_request_no", 1...128)
    return try books.once("create stock", number: number, call: call) { books throws(Refusal) in
      let id = books.nextNumber(digits: 8)
      books.batches[id] = Batch(
        id: id, owner: call.merchant, codeMode: Batch.CodeMode(rawValue: mode) ?? .merchantUpload,
        created: call.now, description: body.object, maxCoupons: maxCoupons,
        maxCouponsByDay: maxCouponsByDay, maxCouponsPerUser: perUser,
        pool: CodePool(uploadLimit: books.limits.uploadsPerBatch))
      return .ok(["stock_id": .string(id), "create_time": .string(call.now.beijingTime)])
    }
  }

  /// Each type of batch has its own rule, which must be there.
  private static func checkUseRule(_ rule: Fields, type: String) throws(Refusal) {
    _ = try rule.fields("coupon_available_time")
    _ = try rule.choice(
      "use_method", ["OFF_LINE", "MINI_PROGRAMS", "SELF_CONSUME", "PAYMENT_CODE"])
    switch type {
    case "NORMAL":
      let coupon = try rule.fields("fixed_normal_coupon")
      _ = try coupon.integer("discount_amount", 1...100_000_000)
      _ = try coupon.integer("transaction_minimum", 1...100_000_000)
    case "DISCOUNT":
      let coupon = try rule.fields("discount_coupon")
      _ = try coupon.integer("discount_percent", 1...99)
      _ = try coupon.integer("transaction_minimum", 1...100_000_000)
    default:
      let coupon = try rule.fields("exchange_coupon")
      _ = try coupon.integer("exchange_price", 0...100_000_000)
      _ = try coupon.integer("transaction_minimum", 0...100_000_000)
    }
  }

  static func get(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let batch = try books.batch(try call.pathParameter("stock_id", limit: 20), for: call.merchant)
    var object = batch.description
    object["out_request_no"] = nil
    object["stock_id"] = .string(batch.id)
    object["coupon_code_mode"] = .string(batch.codeMode.rawValue)
    object["stock_state"] = "RUNNING"
    object["coupon_code_count"] = [
      "total_count": JSONValue(integerLiteral: batch.pool.codes.count),
      "available_count": JSONValue(integerLiteral: batch.pool.availableCount),
    ]
    object["send_count_information"] = [
      "total_send_num": JSONValue(integerLiteral: batch.sent.count),
      "today_send_num": JSONValue(integerLiteral: batch.sentCount(onDayOf: call.now)),
    ]
    var sendRule = object["stock_send_rule"]?.objectValue ?? JSONObject()
    sendRule["max_coupons"] = JSONValue(integerLiteral: batch.maxCoupons)
    sendRule["max_coupons_by_day"] = batch.maxCouponsByDay.map { JSONValue(integerLiteral: $0) }
    sendRule["max_coupons_per_user"] = JSONValue(integerLiteral: batch.maxCouponsPerUser)
    object["stock_send_rule"] = .object(sendRule)
    return .ok(.object(object))
  }

  /// Changes what describes a batch; 204.
  static func patch(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let stockID = try call.pathParameter("stock_id", limit: 20)
    let body = call.body
    let number = try body.string("out_request_no", 1...128)
    _ = try body.optionalString("stock_name", 1...21)
    _ = try body.optionalString("comment", 1...20)
    _ = try body.optionalString("goods_name", 1...15)
    return try books.once("patch stock", number: number, call: call) { books throws(Refusal) in
      var description = try books.batch(stockID, for: call.merchant).description
      let changeable = [
        "custom_entrance", "stock_name", "comment", "goods_name", "display_pattern_info",
        "notify_config",
      ]
      for name in changeable {
        if let value = body.object[name] { description[name] = value }
      }
      // These two are rules of several members; a change names only some of them.
      for name in ["coupon_use_rule", "stock_send_rule"] {
        guard let changes = body.object[name]?.objectValue else { continue }
        var rule = description[name]?.objectValue ?? JSONObject()
        for member in changes.members { rule[member.name] = member.value }
        description[name] = .object(rule)
      }
      books.batches[stockID]?.description = description
      return .noContent
    }
  }

  /// Changes how many coupons the batch may send, in all or each day, from a value that the caller
  /// knows.
  static func changeBudget(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let stockID = try call.pathParameter("stock_id", limit: 20)
    let body = call.body
    let target = try body.optionalInteger("target_max_coupons", 1...mostCoupons)
    let targetByDay = try body.optionalInteger("target_max_coupons_by_day", 1...mostCoupons)
    let current = try body.optionalInteger("current_max_coupons", 0...mostCoupons)
    let currentByDay = try body.optionalInteger("current_max_coupons_by_day", 0...mostCoupons)
    let number = try body.string("modify_budget_request_no", 1...128)
    guard (target == nil) != (targetByDay == nil) else {
      throw body.refusal(
        "target_max_coupons", issue: "or target_max_coupons_by_day is required, and not both")
    }
    return try books.once("change budget", number: number, call: call) { books throws(Refusal) in
      let batch = try books.batch(stockID, for: call.merchant)
      let sentCount = batch.sent.count
      if let target {
        guard current == nil || current == batch.maxCoupons else {
          throw .invalidRequest("current_max_coupons与批次当前预算不一致")
        }
        guard target >= sentCount else { throw .invalidRequest("目标预算小于已发放数量") }
        books.batches[stockID]?.maxCoupons = target
      }
      if let targetByDay {
        guard currentByDay == nil || currentByDay == batch.maxCouponsByDay ?? 0 else {
          throw .invalidRequest("current_max_coupons_by_day与批次当前预算不一致")
        }
        guard targetByDay <= batch.maxCoupons else { throw .invalidRequest("单天预算大于总预算") }
        books.batches[stockID]?.maxCouponsByDay = targetByDay
      }
      return .ok([
        "max_coupons": JSONValue(integerLiteral: target ?? batch.maxCoupons),
        "max_coupons_by_day": JSONValue(integerLiteral: targetByDay ?? batch.maxCouponsByDay ?? 0),
      ])
    }
  }
}
