// SPDX-License-Identifier: Apache-2.0

/// Sends one request to one server and returns what came back. One call is one attempt: an
/// implementation never sends the bytes a second time on its own, because every attempt must be
/// signed afresh.
package protocol Transport: Sendable {
  /// - Throws: `TransportFailure`, which says whether the server may have seen the request.
  func send(_ request: OutboundRequest) async throws(TransportFailure) -> InboundAnswer
}

/// A signed request, ready to go over the wire.
package struct OutboundRequest: Sendable {
  package var method: String
  /// Scheme, host and port, without a trailing slash: `https://api.mch.weixin.qq.com`.
  package var origin: String
  /// Path and query exactly as they were signed.
  package var target: String
  /// All headers but `Host` and `Content-Length`; nothing else is added.
  package var headers: Headers
  /// `nil`: a request without a body.
  package var body: [UInt8]?
  /// For this attempt, from now to the last byte of the answer.
  package var timeout: Duration

  package init(
    method: String, origin: String, target: String, headers: Headers, body: [UInt8]?,
    timeout: Duration
  ) {
    self.method = method
    self.origin = origin
    self.target = target
    self.headers = headers
    self.body = body
    self.timeout = timeout
  }
}

/// An answer as it came over the wire: nobody has verified it yet.
package struct InboundAnswer: Sendable {
  package var status: Int
  package var headers: Headers
  package var body: [UInt8]

  package init(status: Int, headers: Headers, body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Why no answer came.
package struct TransportFailure: Error, Sendable, Equatable {
  package enum Reason: String, Sendable {
    /// The name could not be resolved.
    case resolve
    /// Nothing accepted the connection, or not in time.
    case connect
    /// No TLS session: a certificate that is wrong, expired or of an unknown CA, or no common
    /// version.
    case tls
    /// The time for the attempt ran out.
    case timeout
    /// The connection broke after the request may have been seen.
    case connectionLost
    /// Not HTTP, or more than the limit for an answer.
    case malformed
  }

  package var reason: Reason
  /// Whether any byte of the request may have reached the server.
  package var mayHaveBeenSent: Bool
  /// For the log: the library's own words. Never holds a header or a body.
  package var detail: String

  package init(_ reason: Reason, mayHaveBeenSent: Bool, detail: String) {
    self.reason = reason
    self.mayHaveBeenSent = mayHaveBeenSent
    self.detail = detail
  }
}
