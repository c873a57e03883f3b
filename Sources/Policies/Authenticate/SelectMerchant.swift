// SPDX-License-Identifier: Apache-2.0
package import GatewayCore
internal import HTTP
internal import OpenAPI

/// Settles for which merchant the request is, and that the caller may use it and the operation.
///
/// Stands right behind `Authenticate`, or first when the chain has no `authenticate`: whatever the
/// chain, a request is for one merchant.
package final class SelectMerchant: Policy {
  package static let stage = Stage.selectMerchant

  private let merchants: Set<MerchantID>
  private let mode: PolicyMode

  /// - Parameter mode: of `authenticate`: in `observe`, what a caller may not use is noted under that
  ///   name and goes through.
  package init(merchants: Set<MerchantID>, mode: PolicyMode = .enforce) {
    self.merchants = merchants
    self.mode = mode
  }

  package func handle(_ exchange: consuming Exchange, next: Next) async throws(Problem) -> Reply {
    try settle(&exchange)
    return try await next(exchange)
  }

  @inline(never)
  private func settle(_ exchange: inout Exchange) throws(Problem) {
    let merchant = try merchant(of: exchange)
    exchange.merchant = merchant
    exchange.journal.note { $0.merchant = merchant }
    if !exchange.grant.operations.contains(exchange.operation.id) {
      try mode.refuse(
        Problem(
          .permissionDenied, "this caller may not use the operation \(exchange.operation.id)"),
        by: Authenticate.name, exchange)
    }
  }

  private func merchant(of exchange: Exchange) throws(Problem) -> MerchantID {
    let names = exchange.request.headers.values(of: "X-Merchant-Id")
    if let named = names.first {
      guard names.count == 1 else {
        throw Problem(.paramError, "name one merchant: X-Merchant-Id is there more than once")
      }
      let merchant = MerchantID(named)
      // A merchant that does not exist looks the same as one that is not allowed. Nothing can be
      // signed for it, whatever the mode.
      guard merchants.contains(merchant) else { throw Self.foreignMerchant }
      if !exchange.grant.merchants.contains(merchant) {
        try mode.refuse(Self.foreignMerchant, by: Authenticate.name, exchange)
      }
      return merchant
    }
    guard let only = soleMerchant(of: exchange.grant) else {
      throw Problem(
        .merchantRequired,
        "name the merchant in the header X-Merchant-Id: this caller may act for several")
    }
    return only
  }

  private static let foreignMerchant = Problem(
    .permissionDenied, "this caller may not act for the merchant in X-Merchant-Id")

  private func soleMerchant(of grant: Grant) -> MerchantID? {
    switch grant.merchants {
    case .all:
      return merchants.count == 1 ? merchants.first : nil
    case .only(let names):
      let usable = names.filter(merchants.contains)
      return usable.count == 1 ? usable.first : nil
    }
  }
}
