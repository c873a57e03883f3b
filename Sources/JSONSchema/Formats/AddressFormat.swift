// SPDX-License-Identifier: Apache-2.0

/// Internet addresses as text: RFC 2673, 3.2 for IPv4, RFC 4291, 2.2 for IPv6.
enum AddressFormat {
  /// Four decimal numbers up to 255, without leading zeros, which some readers take for octal.
  static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.count) && part.allSatisfy(\.isDigit)
          && (part.count == 1 || part.first != UInt8(ascii: "0"))
          && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
      }
  }

  /// Without a zone.
  static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
    let colon = UInt8(ascii: ":")
    var groups = text.split(separator: colon, omittingEmptySubsequences: false)
    guard groups.count >= 3, groups.count <= 9 else { return false }
    // A double colon at an end leaves two empty groups there: one is dropped, so that each double
    // colon is exactly one empty group.
    if groups[0].isEmpty {
      guard groups[1].isEmpty else { return false }
      groups.removeFirst()
    }
    if groups[groups.count - 1].isEmpty, groups.count > 1 {
      guard groups[groups.count - 2].isEmpty else { return false }
      groups.removeLast()
    }
    var width = 0
    var gaps = 0
    for (index, group) in groups.enumerated() {
      if group.isEmpty {
        gaps += 1
      } else if index == groups.count - 1, group.contains(UInt8(ascii: ".")) {
        guard isIPv4(group) else { return false }
        width += 2
      } else {
        guard group.count <= 4, group.allSatisfy(\.isHexDigit) else { return false }
        width += 1
      }
    }
    return gaps == 0 ? width == 8 : gaps == 1 && width <= 7
  }
}

/// Host names by RFC 1123, 2.1.
enum HostnameFormat {
  static func accepts(_ text: ArraySlice<UInt8>) -> Bool {
    guard !text.isEmpty, text.count <= 253 else { return false }
    return text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .allSatisfy { label in
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
          && label.last != UInt8(ascii: "-")
          && label.allSatisfy { $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "-") }
      }
  }
}

/// UUIDs by RFC 4122, 3, of any version.
enum UUIDFormat {
  static func accepts(_ text: [UInt8]) -> Bool {
    text.count == 36
      && text.enumerated().allSatisfy { index, byte in
        [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : byte.isHexDigit
      }
  }
}

/// Mailboxes by RFC 5321, 4.1.2: ASCII, without comments.
enum EmailFormat {
  private static let atomBytes = Set("!#$%&'*+-/=?^_`{|}~".utf8)

  static func accepts(_ text: [UInt8]) -> Bool {
    guard let at = text.lastIndex(of: UInt8(ascii: "@")), at <= 64 else { return false }
    return isLocal(text[..<at]) && isDomain(text[(at + 1)...])
  }

  private static func isLocal(_ text: ArraySlice<UInt8>) -> Bool {
    if text.count >= 2, text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\"") {
      return isQuoted(text.dropFirst().dropLast())
    }
    return text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .allSatisfy { atom in
        !atom.isEmpty && atom.allSatisfy { $0.isDigit || $0.isLetter || atomBytes.contains($0) }
      }
  }

  private static func isQuoted(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    while let byte = rest.popFirst() {
      guard (0x20...0x7E).contains(byte), byte != UInt8(ascii: "\"") else { return false }
      if byte == UInt8(ascii: "\\") {
        guard let next = rest.popFirst(), (0x20...0x7E).contains(next) else { return false }
      }
    }
    return true
  }

  private static func isDomain(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") else {
      return HostnameFormat.accepts(text)
    }
    let literal = text.dropFirst().dropLast()
    let tag = Array("ipv6:".utf8)
    guard literal.prefix(5).map({ $0 | 0x20 }) == tag.map({ $0 | 0x20 }) else {
      return AddressFormat.isIPv4(literal)
    }
    return AddressFormat.isIPv6(literal.dropFirst(5))
  }
}
