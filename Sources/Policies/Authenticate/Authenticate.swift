// SPDX-License-Identifier: Apache-2.0
package import GatewayCore
internal import HTTP

/// Finds out which service is calling and what it may use (CONTRACT 2, `Authorization: Bearer`): by
/// its token, its client certificate, or its user at the unix socket.
package final class Authenticate: Policy {
  package static let stage = Stage.authenticate

  private let callers: Callers
  private let mode: PolicyMode

  package init(callers: Callers, mode: PolicyMode = .enforce) {
    self.callers = callers
    self.mode = mode
  }

  package func handle(_ exchange: consuming Exchange, next: Next) async throws(Problem) -> Reply {
    try identify(&exchange)
    return try await next(exchange)
  }

  @inline(never)
  private func identify(_ exchange: inout Exchange) throws(Problem) {
    // Without callers the gateway listens on loopback or a unix socket only; the configuration's
    // checks see to it.
    guard !callers.isEmpty else { return }
    do throws(Callers.Stranger) {
      let grant = try callers.grant(for: exchange.request)
      exchange.grant = grant
      exchange.journal.note { $0.caller = grant.caller }
    } catch {
      try mode.refuse(Problem(error), by: Self.name, exchange)
    }
  }
}

extension Problem {
  fileprivate convenience init(_ stranger: Callers.Stranger) {
    let way = "send the header Authorization: Bearer with a token that the platform team gave you"
    let message =
      switch stranger {
      case .nobody: way
      case .unknownToken: "the token in the header Authorization is not known; \(way)"
      case .unknownCertificate(let subject):
        "no caller has the certificate of \(subject.isEmpty ? "this connection" : subject); "
          + "ask the platform team to add it, or \(way)"
      case .unknownUser(let number):
        "no caller has the user \(number) of this connection; ask the platform team to add it, or "
          + way
      }
    self.init(
      .unauthenticated, message, headers: [(name: "WWW-Authenticate", value: "Bearer")])
  }
}
