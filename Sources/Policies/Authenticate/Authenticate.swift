// SPDX-License-Identifier: Apache-2.0
package import GatewayCore
internal import HTTP

/// Finds out which service is calling and what it may use (CONTRACT 2, `Authorization: Bearer`).
package struct Authenticate: Policy {
  package static let stage = Stage.authenticate

  private let callers: Callers
  private let mode: PolicyMode

  package init(callers: Callers, mode: PolicyMode = .enforce) {
    self.callers = callers
    self.mode = mode
  }

  package func handle(_ exchange: Exchange, next: Next) async throws(Problem) -> Reply {
    // Without callers the gateway listens on loopback or a unix socket only; the configuration's
    // checks see to it.
    guard !callers.isEmpty else { return try await next(exchange) }
    var exchange = exchange
    if let grant = callers.grant(authorization: exchange.request.headers["Authorization"]) {
      exchange.grant = grant
      let caller = grant.caller
      exchange.journal.note { $0.caller = caller }
    } else {
      try mode.refuse(Self.refusal, by: Self.name, exchange)
    }
    return try await next(exchange)
  }

  private static let refusal = Problem(
    .unauthenticated,
    "send the header Authorization: Bearer with a token that the platform team gave you",
    headers: [(name: "WWW-Authenticate", value: "Bearer")])
}
