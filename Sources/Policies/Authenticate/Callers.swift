// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
package import GatewayCore
package import HTTP

/// The services that may call, and how each is recognized.
package struct Callers: Sendable {
  package struct Caller: Sendable {
    /// SHA-256 of each bearer token that is the caller's: 32 bytes.
    package var tokenDigests: [[UInt8]]
    /// Any of them makes a client certificate the caller's.
    package var certificates: [CertificateRule]
    /// Users whose processes are the caller, when they connect to a unix socket.
    package var users: Set<UInt32>
    package var grant: Grant

    package init(
      tokenDigests: [[UInt8]] = [], certificates: [CertificateRule] = [], users: Set<UInt32> = [],
      grant: Grant
    ) {
      self.tokenDigests = tokenDigests
      self.certificates = certificates
      self.users = users
      self.grant = grant
    }
  }

  /// Why nobody is recognized.
  package enum Stranger: Error, Sendable, Equatable {
    /// Nothing was shown.
    case nobody
    case unknownToken
    case unknownCertificate(subject: String)
    case unknownUser(UInt32)
  }

  private let callers: [Caller]

  package init(_ callers: [Caller]) {
    self.callers = callers
  }

  package var isEmpty: Bool { callers.isEmpty }

  /// What the caller of a request may do.
  ///
  /// An `Authorization` header decides alone: a service that shows a wrong token learns of it, even
  /// where its certificate or its user would do. Then the client certificate decides, then the user
  /// of the unix socket; the first caller in the order of `gateway.conf` has it.
  package func grant(for request: HTTPRequest) throws(Stranger) -> Grant {
    let authorizations = request.headers.values(of: "Authorization")
    if let authorization = authorizations.first {
      guard authorizations.count == 1, let grant = grant(authorization: authorization) else {
        throw .unknownToken
      }
      return grant
    }
    if let certificate = request.certificate {
      let caller = callers.first { $0.certificates.contains { $0.accepts(certificate) } }
      guard let caller else {
        throw .unknownCertificate(subject: certificate.subject.description)
      }
      return caller.grant
    }
    if case .local(let user, _) = request.peer, callers.contains(where: { !$0.users.isEmpty }) {
      guard let caller = callers.first(where: { $0.users.contains(user) }) else {
        throw .unknownUser(user)
      }
      return caller.grant
    }
    throw .nobody
  }

  /// Digests are compared, each in constant time and every one of them, so that neither the length
  /// nor the content of a token can be learned from how long the answer takes.
  private func grant(authorization: String) -> Grant? {
    guard let token = bearerToken(authorization) else { return nil }
    let digest = SHA256.hash(Array(token.utf8))
    var found: Grant?
    for caller in callers {
      for known in caller.tokenDigests where constantTimeEqual(known, digest) {
        found = caller.grant
      }
    }
    return found
  }
}

/// The token of `Bearer TOKEN`; the scheme is compared without case (RFC 9110, 11.1).
private func bearerToken(_ authorization: String) -> String? {
  let space = UInt8(ascii: " ")
  guard let end = authorization.utf8.firstIndex(of: space),
    equalIgnoringCase(String(authorization[..<end]), "Bearer")
  else { return nil }
  let token = authorization.utf8[end...].drop { $0 == space }
  return token.isEmpty ? nil : String(Substring(token))
}
