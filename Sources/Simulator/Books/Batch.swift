// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A coupon batch ("stock", 批次).
struct Batch: Sendable {
  /// Where the codes of a batch come from (`coupon_code_mode`).
  enum CodeMode: String, Sendable, CaseIterable {
    /// WeChat Pay makes them.
    case wechatPay = "WECHATPAY_MODE"
    /// The merchant names one with every coupon it sends.
    case merchantAPI = "MERCHANT_API"
    /// The merchant uploads them beforehand.
    case merchantUpload = "MERCHANT_UPLOAD"
  }

  let id: String
  /// The mchid that created the batch; nobody else may use it.
  let owner: String
  let codeMode: CodeMode
  let created: Moment
  /// The members it was created with, as later changes left them.
  var description: JSONObject
  var maxCoupons: Int
  var maxCouponsByDay: Int?
  var maxCouponsPerUser: Int
  var pool: CodePool
  /// When its coupons were sent.
  var sent: [Moment] = []

  func sentCount(onDayOf now: Moment) -> Int {
    sent.reduce(0) { $0 + ($1.beijingDay == now.beijingDay ? 1 : 0) }
  }
}
