// SPDX-License-Identifier: Apache-2.0

/// Text of IP addresses to bytes and back. Names are never looked up.
package enum IPAddress {
  /// Four decimal numbers without leading zeros, which some readers take for octal (RFC 6943,
  /// 3.1.1).
  package static func parseIPv4(_ text: Substring) -> [UInt8]? {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
        part.count == 1 || part.first != UInt8(ascii: "0"),
        let byte = UInt8(Substring(part))
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// RFC 4291, 2.2: groups of up to four hexadecimal digits, one `::`, and an IPv4 tail. No zone.
  package static func parseIPv6(_ text: Substring) -> [UInt8]? {
    let halves = splitAtDoubleColon(text)
    guard halves.count <= 2 else { return nil }
    guard let head = groups(halves[0], isLast: halves.count == 1) else { return nil }
    guard halves.count == 2 else { return head.count == 16 ? head : nil }
    guard let tail = groups(halves[1], isLast: true), head.count + tail.count <= 14 else {
      return nil
    }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  /// The canonical text of RFC 5952: lower case, the longest run of zero groups as `::`.
  package static func text(ofIPv6 bytes: [UInt8]) -> String {
    precondition(bytes.count == 16, "an IPv6 address has 16 bytes, not \(bytes.count)")
    let words = (0..<8).map { UInt16(bytes[$0 * 2]) << 8 | UInt16(bytes[$0 * 2 + 1]) }
    let zeros = longestZeroRun(words)
    let texts = words.map { String($0, radix: 16) }
    guard zeros.count > 1 else { return texts.joined(separator: ":") }
    return texts[..<zeros.lowerBound].joined(separator: ":") + "::"
      + texts[zeros.upperBound...].joined(separator: ":")
  }

  private static func splitAtDoubleColon(_ text: Substring) -> [Substring] {
    var halves: [Substring] = []
    var start = text.startIndex
    var index = text.startIndex
    while index < text.endIndex {
      if text[index...].hasPrefix("::") {
        halves.append(text[start..<index])
        index = text.index(index, offsetBy: 2)
        start = index
      } else {
        index = text.index(after: index)
      }
    }
    return halves + [text[start...]]
  }

  private static func groups(_ text: Substring, isLast: Bool) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if isLast, index == parts.count - 1, part.contains(".") {
        guard let tail = parseIPv4(part) else { return nil }
        bytes += tail
      } else {
        guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexadecimal),
          let word = UInt16(part, radix: 16)
        else { return nil }
        bytes += [UInt8(word >> 8), UInt8(word & 0xFF)]
      }
    }
    return bytes.count <= 16 ? bytes : nil
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
  }

  private static func longestZeroRun(_ words: [UInt16]) -> Range<Int> {
    var longest = 0..<0
    var start = 0
    for index in 0...words.count where index == words.count || words[index] != 0 {
      if index - start > longest.count { longest = start..<index }
      start = index + 1
    }
    return longest
  }
}
