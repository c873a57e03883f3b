// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import HTTP

/// A request whose body is still coming in.
struct RequestDraft: Sendable {
  let method: String
  let path: String
  let query: String?
  let headers: Headers
  let peer: Peer
  var certificate: ClientCertificate?
  var body: [UInt8] = []

  /// The request, whose last byte came in at `received`.
  func whole(received: Moment) -> HTTPRequest {
    HTTPRequest(
      method: method, path: path, query: query, headers: headers, body: body, peer: peer,
      certificate: certificate, received: received)
  }

  /// The request as a refusal may show it.
  var withoutBody: HTTPRequest {
    HTTPRequest(
      method: method, path: path, query: query, headers: headers, peer: peer,
      certificate: certificate)
  }
}
