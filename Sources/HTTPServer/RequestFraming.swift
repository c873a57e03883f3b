// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// Where a request ends, from its headers: the checks that libmicrohttpd 0.9.75 does not make.
package enum RequestFraming: Equatable {
  case noBody
  case length(Int)
  case chunked

  /// - Throws: for everything that two HTTP readers could understand differently (RFC 9112, 3.2,
  ///   6.1 and 6.3), because such a request may hide a second one from a proxy in front.
  package init(_ headers: Headers, isHTTP10: Bool) throws(MalformedRequest) {
    try RequestFraming.checkHost(headers, isHTTP10: isHTTP10)
    let lengths = headers.values(of: "Content-Length")
    let encodings = headers.values(of: "Transfer-Encoding")
    if !encodings.isEmpty {
      guard lengths.isEmpty else {
        throw MalformedRequest(reason: "has both Content-Length and Transfer-Encoding")
      }
      guard encodings.count == 1, equalIgnoringCase(encodings[0], "chunked") else {
        throw MalformedRequest(reason: "has a Transfer-Encoding other than chunked")
      }
      guard !isHTTP10 else {
        throw MalformedRequest(reason: "has a Transfer-Encoding in HTTP/1.0")
      }
      self = .chunked
      return
    }
    guard let text = lengths.first else {
      self = .noBody
      return
    }
    guard lengths.count == 1 else {
      throw MalformedRequest(reason: "has more than one Content-Length")
    }
    self = .length(try Self.length(text))
  }

  static let noNumber = MalformedRequest(reason: "has a Content-Length that is not a number")

  /// - Returns: the largest number for what is larger, which is refused as too large.
  static func length(_ text: String) throws(MalformedRequest) -> Int {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw noNumber }
    return Int(text) ?? .max
  }

  private static func checkHost(_ headers: Headers, isHTTP10: Bool) throws(MalformedRequest) {
    let hosts = headers.values(of: "Host")
    guard hosts.count <= 1 else { throw MalformedRequest(reason: "has more than one Host header") }
    guard let host = hosts.first else {
      guard isHTTP10 else { throw MalformedRequest(reason: "has no Host header") }
      return
    }
    guard host.utf8.allSatisfy(isHostByte) else {
      throw MalformedRequest(reason: "has a Host header that is not a host")
    }
  }

  /// The characters of `uri-host [ ":" port ]` (RFC 3986, 3.2.2).
  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "-._~!$&'()*+;=:[]%".utf8.contains(byte)
    }
  }
}
