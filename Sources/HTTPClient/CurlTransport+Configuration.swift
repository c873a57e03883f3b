// SPDX-License-Identifier: Apache-2.0
extension CurlTransport {
  /// Settings of the transport.
  package struct Configuration: Sendable {
    /// To find the address, connect and finish the TLS handshake; part of the attempt's own time.
    package var connectTimeout: Duration
    /// PEM file of the CAs to trust, and only these; `nil`: the system's.
    package var caFile: String?
    /// The path of a unix socket that every connection goes to; `nil`: to the request's host.
    package var unixSocket: String?
    /// The largest body of an answer, in bytes.
    package var maximumAnswerBytes: Int
    /// All header lines of an answer together, in bytes.
    package var maximumHeaderBytes: Int
    /// A connection idle for longer is not used again. WeChat Pay's documented answers say
    /// `Keep-Alive: timeout=8`; a request must not meet the server's end of that time.
    package var maximumIdleSeconds: Int
    /// Connections that are kept when they are idle; the longest idle one goes first.
    package var maximumIdleConnections: Int
    /// Requests inside at one time; also the limit for open connections.
    package var maximumInFlight: Int
    /// Whether HTTP/2 is offered over TLS.
    package var usesHTTP2: Bool

    package init(
      connectTimeout: Duration = .seconds(2), caFile: String? = nil, unixSocket: String? = nil,
      maximumAnswerBytes: Int = 4 << 20, maximumHeaderBytes: Int = 64 << 10,
      maximumIdleSeconds: Int = 7,
      maximumIdleConnections: Int = 256, maximumInFlight: Int = 4096, usesHTTP2: Bool = true
    ) {
      self.connectTimeout = connectTimeout
      self.caFile = caFile
      self.unixSocket = unixSocket
      self.maximumAnswerBytes = maximumAnswerBytes
      self.maximumHeaderBytes = maximumHeaderBytes
      self.maximumIdleSeconds = maximumIdleSeconds
      self.maximumIdleConnections = maximumIdleConnections
      self.maximumInFlight = maximumInFlight
      self.usesHTTP2 = usesHTTP2
    }
  }
}
