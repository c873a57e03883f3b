// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Glibc
internal import HTTP

/// A whole response as bytes, for answers that go past the library and end their connection.
struct PlainResponse {
  let bytes: [UInt8]

  /// - Parameter isForHead: leave the body out but keep its length (RFC 9110, 9.3.2).
  init(_ response: HTTPResponse, isForHead: Bool = false, now: Int64 = HTTPDate.now) {
    var text = "HTTP/1.1 \(response.status) \(PlainResponse.phrase(response.status))\r\n"
    if response.headers["Date"] == nil { text += "Date: \(HTTPDate.text(now))\r\n" }
    text += "Connection: close\r\n"
    for field in response.headers.fields where !PlainResponse.isOwnHeader(field.name) {
      guard field.value.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x09 }) else { continue }
      text += "\(field.name): \(field.value)\r\n"
    }
    let hasBody = response.status >= 200 && response.status != 204 && response.status != 304
    if hasBody { text += "Content-Length: \(response.body.count)\r\n" }
    text += "\r\n"
    bytes = Array(text.utf8) + (hasBody && !isForHead ? response.body : [])
  }

  /// Sends what the socket takes at once: a refusal fits an idle connection's send buffer many
  /// times over, and a client that has let it fill up is not waited for.
  func send(to descriptor: Int32) {
    _ = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.send(
        descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
  }

  /// The headers that the front end writes itself; `Date` as well, unless the response has one.
  static func isOwnHeader(_ name: String) -> Bool {
    switch name.utf8.count {
    case 10: equalIgnoringCase(name, "Connection")
    case 14: equalIgnoringCase(name, "Content-Length")
    case 17: equalIgnoringCase(name, "Transfer-Encoding")
    default: false
    }
  }

  private static func phrase(_ status: Int) -> String {
    unsafe MHD_get_reason_phrase_for(UInt32(status)).map { unsafe String(cString: $0) } ?? "Unknown"
  }
}
