// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `/v3/marketing/busifavor/users/{openid}/coupons`: what a user has.
enum UserCoupons {
  static func list(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let openid = try call.pathParameter("openid", limit: 128)
    let appid = try call.query.string("appid", 1...32)
    let stockID = try call.query.optionalString("stock_id", 1...20)
    let state = try call.query.optionalChoice("coupon_state", Coupon.State.allCases.map(\.rawValue))
    let belongs = try call.query.optionalString("belong_merchant", 8...15)
    _ = try call.query.optionalString("creator_merchant", 8...15)
    _ = try call.query.optionalString("sender_merchant", 8...15)
    let offset = try call.query.optionalInteger("offset", 0...Int.max) ?? 0
    let limit = try call.query.optionalInteger("limit", 1...50) ?? 20

    var found: [JSONValue] = []
    for key in books.couponsOfUser[openid, default: []] {
      guard let coupon = books.coupons[key], let batch = books.batches[key.batchID],
        batch.owner == call.merchant, coupon.appid == appid,
        stockID == nil || stockID == key.batchID,
        state == nil || state == coupon.state.rawValue,
        belongs == nil || belongs == batch.description["belong_merchant"]?.stringValue
      else { continue }
      found.append(description(of: coupon, in: batch))
    }
    let page = found.dropFirst(offset).prefix(limit)
    return .ok([
      "data": .array(Array(page)), "total_count": JSONValue(integerLiteral: found.count),
      "limit": JSONValue(integerLiteral: limit), "offset": JSONValue(integerLiteral: offset),
    ])
  }

  static func get(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let openid = try call.pathParameter("openid", limit: 128)
    let code = CouponCode(try call.pathParameter("coupon_code", limit: 32))
    let appid = try call.pathParameter("appid", limit: 32)
    for key in books.couponsOfUser[openid, default: []] where key.code == code {
      guard let coupon = books.coupons[key], coupon.appid == appid,
        let batch = books.batches[key.batchID],
        batch.owner == call.merchant
      else { continue }
      return .ok(description(of: coupon, in: batch))
    }
    throw .resourceNotFound("券不存在")
  }

  /// A coupon with what it has of its batch.
  static func description(of coupon: Coupon, in batch: Batch) -> JSONValue {
    let inherited = [
      "belong_merchant", "stock_name", "comment", "goods_name", "stock_type",
      "display_pattern_info",
      "coupon_use_rule", "custom_entrance",
    ]
    var object = JSONObject()
    for name in inherited { object[name] = batch.description[name] }
    let sendRule = batch.description["stock_send_rule"]
    object["transferable"] = sendRule?["transferable"] ?? false
    object["shareable"] = sendRule?["shareable"] ?? false
    object["coupon_state"] = .string(coupon.state.rawValue)
    object["coupon_code"] = .string(coupon.code.text)
    object["stock_id"] = .string(batch.id)
    object["available_start_time"] = .string(coupon.received.beijingTime)
    object["receive_time"] = .string(coupon.received.beijingTime)
    object["send_request_no"] = .string(coupon.sendRequestNumber)
    object["use_request_no"] = coupon.used.map { .string($0.requestNumber) }
    object["use_time"] = coupon.used.map { .string($0.at.beijingTime) }
    object["associate_out_trade_no"] = coupon.order.map { .string($0) }
    object["return_request_no"] = coupon.returned.map { .string($0.requestNumber) }
    object["return_time"] = coupon.returned.map { .string($0.at.beijingTime) }
    object["deactivate_request_no"] = coupon.deactivated.map { .string($0.requestNumber) }
    object["deactivate_time"] = coupon.deactivated.map { .string($0.at.beijingTime) }
    object["deactivate_reason"] = coupon.deactivated?.reason.map { .string($0) }
    return .object(object)
  }
}
