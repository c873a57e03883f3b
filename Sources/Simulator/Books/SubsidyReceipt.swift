// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A payment that makes up for a discount (营销补差付款单).
struct SubsidyReceipt: Sendable {
  let id: String
  /// The merchant that asked for it.
  let merchant: String
  let outNumber: String
  let couponKey: Books.CouponKey
  /// All members of the answer.
  let description: JSONObject
}
