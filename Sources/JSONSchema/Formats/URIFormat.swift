// SPDX-License-Identifier: Apache-2.0

/// URIs by RFC 3986, appendix A.
enum URIFormat {
  private static let unreservedMarks = Set("-._~".utf8)
  private static let delimiters = Set("!$&'()*+,;=".utf8)

  /// An absolute URI, which has a scheme.
  static func isURI(_ text: [UInt8]) -> Bool {
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")), isScheme(text[..<colon]) else {
      return false
    }
    return isRest(text[(colon + 1)...])
  }

  /// A URI or a relative reference, whose first segment has no colon.
  static func isReference(_ text: [UInt8]) -> Bool {
    if isURI(text) { return true }
    let segment = text.prefix { !"/?#".utf8.contains($0) }
    return !segment.contains(UInt8(ascii: ":")) && isRest(text[...])
  }

  private static func isScheme(_ text: ArraySlice<UInt8>) -> Bool {
    text.first?.isLetter == true
      && text.allSatisfy { $0.isLetter || $0.isDigit || "+-.".utf8.contains($0) }
  }

  /// Authority, path, query and fragment.
  private static func isRest(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
      guard isMadeOf(rest[(hash + 1)...], also: ":@/?") else { return false }
      rest = rest[..<hash]
    }
    if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
      guard isMadeOf(rest[(mark + 1)...], also: ":@/?") else { return false }
      rest = rest[..<mark]
    }
    if rest.starts(with: "//".utf8) {
      rest = rest.dropFirst(2)
      let authority = rest.prefix { $0 != UInt8(ascii: "/") }
      guard isAuthority(authority) else { return false }
      rest = rest.dropFirst(authority.count)
    }
    return isMadeOf(rest, also: ":@/")
  }

  private static func isAuthority(_ text: ArraySlice<UInt8>) -> Bool {
    var host = text
    if let at = host.firstIndex(of: UInt8(ascii: "@")) {
      guard isMadeOf(host[..<at], also: ":") else { return false }
      host = host[(at + 1)...]
    }
    let isLiteral = host.first == UInt8(ascii: "[")
    let end = isLiteral ? host.firstIndex(of: UInt8(ascii: "]")) : nil
    let afterHost = end.map { $0 + 1 } ?? host.startIndex
    if let colon = host[afterHost...].lastIndex(of: UInt8(ascii: ":")) {
      guard host[(colon + 1)...].allSatisfy(\.isDigit) else { return false }
      host = host[..<colon]
    }
    guard isLiteral else { return isMadeOf(host, also: "") }
    guard let end, end == host.endIndex - 1 else { return false }
    let literal = host.dropFirst().dropLast()
    return AddressFormat.isIPv6(literal) || isFutureAddress(literal)
  }

  /// RFC 3986, 3.2.2: `v1.address`.
  private static func isFutureAddress(_ text: ArraySlice<UInt8>) -> Bool {
    guard let dot = text.firstIndex(of: UInt8(ascii: ".")), let first = text.first,
      first | 0x20 == UInt8(ascii: "v")
    else { return false }
    let version = text[(text.startIndex + 1)..<dot]
    let address = text[(dot + 1)...]
    return !version.isEmpty && version.allSatisfy(\.isHexDigit) && !address.isEmpty
      && isMadeOf(address, also: ":") && !address.contains(UInt8(ascii: "%"))
  }

  /// Unreserved characters, delimiters, percent-encoded bytes and `others`.
  private static func isMadeOf(_ text: ArraySlice<UInt8>, also others: StaticString) -> Bool {
    let others = others.description.utf8
    var rest = text
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard rest.prefix(2).count == 2, rest.prefix(2).allSatisfy(\.isHexDigit) else {
          return false
        }
        rest = rest.dropFirst(2)
        continue
      }
      guard
        byte.isLetter || byte.isDigit || unreservedMarks.contains(byte)
          || delimiters.contains(byte) || others.contains(byte)
      else { return false }
    }
    return true
  }
}
