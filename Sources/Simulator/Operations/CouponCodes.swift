// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `/v3/marketing/busifavor/stocks/{stock_id}/couponcodes`: upload (上传预存code), list, look up,
/// delete.
enum CouponCodes {
  static let uploadOperation = "upload coupon codes"

  /// Uploads up to 200 codes.
  ///
  /// The documentation promises no replay by `upload_request_no`: a repetition is handled code by
  /// code, so what the first request imported comes back in `exist_codes`. A number that was used
  /// for other content is RESOURCE_ALREADY_EXISTS, whose documented advice is to look for a request
  /// number used twice.
  static func upload(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let stockID = try call.pathParameter("stock_id", limit: 20)
    let list = try call.body.strings("coupon_code_list", limit: 200).map { CouponCode($0) }
    let number = try call.body.string("upload_request_no", 1...128)
    guard try books.batch(stockID, for: call.merchant).codeMode == .merchantUpload else {
      throw .invalidRequest("发券模式不合法：请更换支持预上传code的批次后重试")
    }
    let key = RequestLedger.Key(merchant: call.merchant, operation: uploadOperation, number: number)
    let content = call.content
    let use = books.ledger.use(key, content: content)
    if case .otherContent = use {
      books.uploads.conflicted(key)
      throw .alreadyExists("upload_request_no已存在，且参数与之前的请求不一致")
    }
    if case .new = use, books.ledger.isFull { throw .systemError }
    // In place: a copy of the batch would copy every code it has.
    guard
      let report = books.batches[stockID]?.pool.upload(list, requestNumber: number, at: call.now)
    else {
      throw .invalidRequest("上传的自定义code已达上限：请更换一个新的批次后重试")
    }
    books.uploads.accepted(key, batchID: stockID, list: list, imported: report.imported)
    // Only the content is remembered: the answer to a repetition is made anew.
    books.ledger.record(key, content: content, answer: .noContent)
    return .ok(body(of: report, stockID: stockID, at: call.now))
  }

  /// The answer's members; lists without entries and a `fail_count` of zero are left out, as
  /// documented ("选填").
  private static func body(of report: CodePool.Report, stockID: String, at moment: Moment)
    -> JSONValue
  {
    var object = JSONObject()
    object["stock_id"] = .string(stockID)
    object["total_count"] = JSONValue(integerLiteral: report.total)
    object["success_count"] = JSONValue(integerLiteral: report.imported.count)
    object["success_codes"] = array(report.imported)
    object["success_time"] = .string(moment.beijingTimeWithMilliseconds)
    if !report.failed.isEmpty {
      object["fail_count"] = JSONValue(integerLiteral: report.failed.count)
      object["fail_codes"] = .array(
        report.failed.map { code in
          [
            "coupon_code": .string(code.text), "code": .string(code.fault?.code ?? ""),
            "message": .string(code.fault?.message ?? ""),
          ]
        })
    }
    object["exist_codes"] = array(report.existing)
    object["duplicate_codes"] = array(report.repeated)
    return .object(object)
  }

  private static func array(_ codes: [CouponCode]) -> JSONValue? {
    codes.isEmpty ? nil : .array(codes.map { .string($0.text) })
  }

  /// Lists uploaded codes in pages of at most 200.
  static func list(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let stockID = try call.pathParameter("stock_id", limit: 20)
    let limit = try call.query.optionalInteger("limit", 1...200) ?? 20
    let offset = try call.query.optionalInteger("offset", 0...Int.max) ?? 0
    let status = try call.query.optionalChoice("status", ["AVAILABLE", "DISPATCHED"])
    let batch = try books.batch(stockID, for: call.merchant)
    let codes = batch.pool.codes.filter { code in
      guard let status, let entry = batch.pool.entries[code] else { return true }
      return (entry.dispatched == nil) == (status == "AVAILABLE")
    }
    let page = codes.dropFirst(offset).prefix(limit)
    return .ok([
      "stock_id": .string(stockID), "total_count": JSONValue(integerLiteral: codes.count),
      "data": .array(page.map { description(of: $0, in: batch) }),
      "offset": JSONValue(integerLiteral: offset), "limit": JSONValue(integerLiteral: page.count),
    ])
  }

  static func get(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let stockID = try call.pathParameter("stock_id", limit: 20)
    let code = CouponCode(try call.pathParameter("coupon_code", limit: 32))
    let batch = try books.batch(stockID, for: call.merchant)
    guard batch.pool.entries[code] != nil else { throw .resourceNotFound("code不存在") }
    var answer = JSONObject()
    answer["code_information"] = description(of: code, in: batch)
    if let coupon = books.coupons[.init(batchID: stockID, code: code)] {
      answer["coupon_information"] = UserCoupons.description(of: coupon, in: batch)
    }
    return .ok(.object(answer))
  }

  static func delete(_ books: inout Books, _ call: Call) throws(Refusal) -> Answer {
    let stockID = try call.pathParameter("stock_id", limit: 20)
    let code = CouponCode(try call.pathParameter("coupon_code", limit: 32))
    let number = try call.query.string("delete_request_no", 1...128)
    return try books.once("delete coupon code", number: number, call: call) {
      books throws(Refusal) in
      guard try books.batch(stockID, for: call.merchant).pool.entries[code] != nil else {
        throw .resourceNotFound("code不存在")
      }
      guard books.batches[stockID]?.pool.delete(code) == true else {
        throw .invalidRequest("code已被派发，不能删除")
      }
      return .ok(["stock_id": .string(stockID), "delete_time": .string(call.now.beijingTime)])
    }
  }

  private static func description(of code: CouponCode, in batch: Batch) -> JSONValue {
    var object = JSONObject()
    object["code"] = .string(code.text)
    guard let entry = batch.pool.entries[code] else { return .object(object) }
    object["code_status"] = entry.dispatched == nil ? "AVAILABLE" : "DISPATCHED"
    object["upload_time"] = .string(entry.uploaded.beijingTime)
    if let dispatched = entry.dispatched {
      object["dispatched_time"] = .string(dispatched.at.beijingTime)
      object["openid"] = .string(dispatched.openid)
      object["coupon_code"] = .string(code.text)
    }
    return .object(object)
  }
}
