// SPDX-License-Identifier: Apache-2.0
internal import HTTP

/// The host part of an address: a name, an IPv4 or an IPv6 address.
package enum HostName: Sendable, Hashable {
  /// A DNS name, lower-case.
  case name(String)
  /// Dotted decimal.
  case ipv4(String)
  /// Without brackets, as written.
  case ipv6(String)

  /// - Parameter text: IPv6 in brackets.
  /// - Returns: nil unless the text has the shape of a host.
  init?(_ text: String) {
    if text.hasPrefix("["), text.hasSuffix("]") {
      let inner = String(text.dropFirst().dropLast())
      guard IPAddress.parseIPv6(inner[...]) != nil else { return nil }
      self = .ipv6(inner)
    } else if IPAddress.parseIPv4(text[...]) != nil {
      self = .ipv4(text)
    } else if Self.isName(text) {
      self = .name(text.lowercased())
    } else {
      return nil
    }
  }

  /// Whether only this machine can reach it: 127.0.0.0/8, ::1 (also the first mapped into IPv6) or
  /// `localhost`.
  package var isLoopback: Bool {
    switch self {
    case .name(let name): return name == "localhost"
    case .ipv4(let text): return IPAddress.parseIPv4(text[...])?.first == 127
    case .ipv6(let text):
      guard let bytes = IPAddress.parseIPv6(text[...]) else { return false }
      if bytes == [UInt8](repeating: 0, count: 15) + [1] { return true }
      let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 127]
      return bytes.starts(with: mapped)
    }
  }

  /// Without brackets, as a resolver wants it.
  package var text: String {
    switch self {
    case .name(let text), .ipv4(let text), .ipv6(let text): text
    }
  }

  /// With brackets around IPv6, as URLs and addresses write it.
  package var bracketed: String {
    if case .ipv6(let text) = self { "[\(text)]" } else { text }
  }

  /// Source: RFC 1123, 2.1; `_` too, which names of containers contain. All-digit names would be
  /// mistyped addresses.
  private static func isName(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    let areLabels = labels.allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy(isNameByte)
    }
    return areLabels && labels.last?.allSatisfy(\.isNumber) == false
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

/// Reads a port in decimal digits; nil outside 0 to 65535.
func portNumber(_ text: some StringProtocol) -> UInt16? {
  guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) })
  else { return nil }
  return UInt16(text)
}
