// SPDX-License-Identifier: Apache-2.0

/// A rule of HTTP that the bytes of a request break; the text names it and never echoes the
/// request.
package struct MalformedRequest: Error, Equatable {
  package let reason: String
}

/// The request target, split into path and query as they were sent (RFC 9112, 3.2).
package struct RequestTarget: Equatable {
  package let path: String
  /// `nil` when there was no `?`.
  package let query: String?

  /// Takes the origin form (`/path?query`) and the absolute form (`http://host/path?query`), which
  /// a server must accept too (RFC 9112, 3.2.2), and `*`.
  package init(parsing bytes: some BidirectionalCollection<UInt8>) throws(MalformedRequest) {
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
      throw MalformedRequest(
        reason: "the request target has a character that must be percent-encoded")
    }
    var rest = bytes[...]
    if rest.first == UInt8(ascii: "*"), rest.count == 1 {
      self.init(path: "*", query: nil)
      return
    }
    if rest.first != UInt8(ascii: "/") {
      guard let afterScheme = RequestTarget.dropScheme(rest) else {
        throw MalformedRequest(reason: "the request target does not begin with a slash")
      }
      rest = afterScheme.drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    }
    let path = rest.prefix { $0 != UInt8(ascii: "?") }
    let query = rest[path.endIndex...].dropFirst()
    self.init(
      path: path.isEmpty ? "/" : String(decoding: path, as: UTF8.self),
      query: path.endIndex == rest.endIndex ? nil : String(decoding: query, as: UTF8.self))
  }

  private init(path: String, query: String?) {
    self.path = path
    self.query = query
  }

  private static func dropScheme<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes?
  where Bytes.SubSequence == Bytes {
    for scheme in ["http://", "https://"] where bytes.count > scheme.utf8.count {
      let start = bytes.prefix(scheme.utf8.count)
      if start.elementsEqual(scheme.utf8, by: { ($0 | 0x20) == ($1 | 0x20) }) {
        return bytes.dropFirst(scheme.utf8.count)
      }
    }
    return nil
  }
}
