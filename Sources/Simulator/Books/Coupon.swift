// SPDX-License-Identifier: Apache-2.0

/// A coupon in a user's hands.
struct Coupon: Sendable {
  /// WeChat Pay's names (`coupon_state`).
  enum State: String, Sendable, CaseIterable {
    case sent = "SENDED"
    case used = "USED"
    case expired = "EXPIRED"
    case deleted = "DELETED"
    case deactivated = "DEACTIVATED"
  }

  let code: CouponCode
  let batchID: String
  let openid: String
  let appid: String
  let received: Moment
  let sendRequestNumber: String
  var state = State.sent
  var used: (at: Moment, requestNumber: String)?
  var returned: (at: Moment, requestNumber: String)?
  var deactivated: (at: Moment, requestNumber: String, reason: String?)?
  /// The order (`out_trade_no`) that the coupon is tied to.
  var order: String?
}
