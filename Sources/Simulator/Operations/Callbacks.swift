// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `/v3/marketing/busifavor/callbacks`: the address that notifications go to.
enum Callbacks {
  static func set(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let url = try call.body.string("notify_url", 10...256)
    guard url.hasPrefix("https://") else {
      throw call.body.refusal("notify_url", issue: "must be an https address")
    }
    let merchant = try call.body.optionalString("mchid", 8...15)
    guard merchant == nil || merchant == call.merchant else { throw .noAuthority }
    books.callbacks[call.merchant] = (url, call.now)
    return .ok(["update_time": .string(call.now.beijingTime), "notify_url": .string(url)])
  }

  static func get(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let merchant = try call.query.optionalString("mchid", 8...15)
    guard merchant == nil || merchant == call.merchant else { throw .noAuthority }
    guard let callback = books.callbacks[call.merchant] else { throw .resourceNotFound("未设置通知地址") }
    return .ok(["notify_url": .string(callback.url), "mchid": .string(call.merchant)])
  }
}
