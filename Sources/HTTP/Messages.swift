// SPDX-License-Identifier: Apache-2.0
package import Clocks

/// A request that the front end has read whole. An object: it is handed from step to step as it is.
package final class HTTPRequest: Sendable {
  package let method: String
  /// The path as it was sent: percent-encoded, without the query.
  package let path: String
  /// The query as it was sent, without `?`; `nil` when there was no `?`.
  package let query: String?
  package let headers: Headers
  package let body: [UInt8]
  package let peer: Peer
  /// `nil` when the listener asks for none.
  package let certificate: ClientCertificate?
  /// When the last byte of the request was in.
  package let received: Moment

  package init(
    method: String, path: String, query: String? = nil, headers: Headers = [:], body: [UInt8] = [],
    peer: Peer = .loopback, certificate: ClientCertificate? = nil,
    received: Moment = .now
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
    self.certificate = certificate
    self.received = received
  }
}

/// Who is at the other end of a connection.
package enum Peer: Sendable, Equatable {
  /// An IPv4 or IPv6 address, without the port.
  case address(String)
  /// A unix socket; the kernel's word for who connected (`SO_PEERCRED`).
  case local(userID: UInt32, processID: Int32)

  package static var loopback: Peer { .address("127.0.0.1") }
}

/// What the front end sends back. `Content-Length`, `Date` and `Connection` are its own to add.
package struct HTTPResponse: Sendable, Equatable {
  /// How much of a response the client gets to see; anything but `whole` is for stand-ins that
  /// misbehave.
  package enum Delivery: Sendable, Equatable {
    case whole
    /// The head and so many bytes of the body, then the connection is closed.
    case cut(afterBytes: Int)
    /// Not even the head: the connection is closed.
    case nothing
    /// The body in pieces, with a pause before each but the first.
    case drip(bytes: Int, every: Duration)
  }

  package var status: Int
  package var headers: Headers
  package var body: [UInt8]
  package var delivery = Delivery.whole

  package init(status: Int, headers: Headers = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
