// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
package import GatewayCore

/// The services that may call, each known by the SHA-256 of its token.
package struct Callers: Sendable {
  package struct Caller: Sendable {
    /// SHA-256 of the bearer token: 32 bytes.
    package var tokenDigest: [UInt8]
    package var grant: Grant

    package init(tokenDigest: [UInt8], grant: Grant) {
      self.tokenDigest = tokenDigest
      self.grant = grant
    }
  }

  private let callers: [Caller]

  package init(_ callers: [Caller]) {
    self.callers = callers
  }

  package var isEmpty: Bool { callers.isEmpty }

  /// The grant of the caller that an `Authorization` header names; `nil` when it names none.
  ///
  /// Digests are compared, each in constant time and every one of them, so that neither the length
  /// nor the content of a token can be learned from how long the answer takes.
  package func grant(authorization: String?) -> Grant? {
    guard let token = authorization.flatMap(bearerToken) else { return nil }
    let digest = SHA256.hash(Array(token.utf8))
    var found: Grant?
    for caller in callers where constantTimeEqual(caller.tokenDigest, digest) {
      found = caller.grant
    }
    return found
  }
}

/// The token of `Bearer TOKEN`; the scheme is compared without case (RFC 9110, 11.1).
private func bearerToken(_ authorization: String) -> Substring? {
  let parts = authorization.split(separator: " ", maxSplits: 1)
  guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
  let token = parts[1].drop { $0 == " " }
  return token.isEmpty ? nil : token
}
