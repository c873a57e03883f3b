// SPDX-License-Identifier: Apache-2.0
internal import HTTP

/// The paths that WeChat Pay serves here, and what serves them.
enum Routes {
  typealias Operation = @Sendable (inout Books, Call) throws(Refusal) -> Answer

  enum Work: Sendable {
    case books(Operation)
    /// `GET /v3/certificates`, which answers from the platform's keys.
    case certificates
  }

  struct Match: Sendable {
    var work: Work
    /// Decoded values of the placeholders.
    var path: [String: String]
    /// Codes are spent by uploads only.
    var spendsCodes: Bool
  }

  private struct Route: Sendable {
    var method: String
    var segments: [Substring]
    var work: Work
    var spendsCodes = false

    init(
      _ method: String, _ template: String, spendsCodes: Bool = false,
      _ operation: @escaping Operation
    ) {
      self.init(method, template, work: .books(operation))
      self.spendsCodes = spendsCodes
    }

    init(_ method: String, _ template: String, work: Work) {
      self.method = method
      segments = template.split(separator: "/")
      self.work = work
    }
  }

  private static let family = "/v3/marketing/busifavor"

  private static let all: [Route] = [
    Route("POST", "\(family)/stocks", Stocks.create),
    Route("GET", "\(family)/stocks/{stock_id}", Stocks.get),
    Route("PATCH", "\(family)/stocks/{stock_id}", Stocks.patch),
    Route("PATCH", "\(family)/stocks/{stock_id}/budget", Stocks.changeBudget),
    Route("POST", "\(family)/stocks/{stock_id}/couponcodes", spendsCodes: true, CouponCodes.upload),
    Route("GET", "\(family)/stocks/{stock_id}/couponcodes", CouponCodes.list),
    Route("GET", "\(family)/stocks/{stock_id}/couponcodes/{coupon_code}", CouponCodes.get),
    Route("DELETE", "\(family)/stocks/{stock_id}/couponcodes/{coupon_code}", CouponCodes.delete),
    Route("POST", "\(family)/coupons/use", Coupons.use),
    Route("POST", "\(family)/coupons/return", Coupons.takeBack),
    Route("POST", "\(family)/coupons/deactivate", Coupons.deactivate),
    Route("POST", "\(family)/coupons/send", Coupons.send),
    Route("POST", "\(family)/coupons/associate", Coupons.associate),
    Route("POST", "\(family)/coupons/disassociate", Coupons.disassociate),
    Route("GET", "\(family)/users/{openid}/coupons", UserCoupons.list),
    Route("GET", "\(family)/users/{openid}/coupons/{coupon_code}/appids/{appid}", UserCoupons.get),
    Route("POST", "\(family)/callbacks", Callbacks.set),
    Route("GET", "\(family)/callbacks", Callbacks.get),
    Route("POST", "\(family)/subsidy/pay-receipts", Subsidies.pay),
    Route("GET", "\(family)/subsidy/pay-receipts", Subsidies.list),
    Route("GET", "\(family)/subsidy/pay-receipts/{subsidy_receipt_id}", Subsidies.get),
    Route("GET", "/v3/pay/transactions/out-trade-no/{out_trade_no}", Orders.get),
    Route("GET", "/v3/certificates", work: .certificates),
  ]

  /// - Parameter path: as it came, percent-encoded; segments are told apart before they are
  ///   decoded.
  static func match(method: String, path: String) throws(Refusal) -> Match {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    var decoded: [String] = []
    for segment in segments {
      guard !segment.isEmpty, let text = PercentEncoding.decode(segment) else {
        throw .noSuchPath(path)
      }
      decoded.append(text)
    }
    var allowed: [String] = []
    for route in all {
      guard let values = values(of: decoded, in: route.segments) else { continue }
      if route.method == method {
        return Match(work: route.work, path: values, spendsCodes: route.spendsCodes)
      }
      allowed.append(route.method)
    }
    throw allowed.isEmpty ? .noSuchPath(path) : .methodNotAllowed(allowed)
  }

  private static func values(of segments: [String], in template: [Substring]) -> [String: String]? {
    guard segments.count == template.count else { return nil }
    var values: [String: String] = [:]
    for (segment, expected) in zip(segments, template) {
      if expected.first == "{" {
        values[String(expected.dropFirst().dropLast())] = segment
      } else if segment != expected {
        return nil
      }
    }
    return values
  }
}
