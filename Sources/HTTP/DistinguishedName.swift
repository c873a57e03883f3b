// SPDX-License-Identifier: Apache-2.0

/// The name of a certificate's subject, in the text form of RFC 4514: `CN=coupon-service,O=Example`.
///
/// Compared by its attributes, whatever their order.
package struct DistinguishedName: Sendable, Hashable, CustomStringConvertible {
  package struct Attribute: Sendable, Hashable {
    /// Upper case, e.g. `CN`.
    package var type: String
    /// Compared byte by byte.
    package var value: String

    package init(type: String, value: String) {
      self.type = type
      self.value = value
    }
  }

  package let attributes: Set<Attribute>
  package let description: String

  /// `nil` when the text is not of this form. The empty name has no attributes.
  package init?(_ text: String) {
    var reader = NameReader(bytes: Array(text.utf8))
    var attributes: Set<Attribute> = []
    while !reader.isAtEnd {
      guard let attribute = reader.attribute() else { return nil }
      attributes.insert(attribute)
    }
    self.attributes = attributes
    description = text
  }
}

/// Reads one attribute after the other. Escapes: a backslash before the character itself or before
/// two hexadecimal digits (RFC 4514, 2.4).
private struct NameReader {
  let bytes: [UInt8]
  private var index = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { index >= bytes.count }

  mutating func attribute() -> DistinguishedName.Attribute? {
    guard let equals = bytes[index...].firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let type = bytes[index..<equals].filter { $0 != UInt8(ascii: " ") }
    guard !type.isEmpty, type.allSatisfy(isTypeByte) else { return nil }
    index = equals + 1
    guard let value = value(), !value.isEmpty else { return nil }
    let name = String(decoding: type, as: UTF8.self).uppercased()
    return DistinguishedName.Attribute(
      type: Self.synonyms[name] ?? name, value: String(decoding: value, as: UTF8.self))
  }

  /// The value up to the next separator, which is taken too, without spaces around it.
  private mutating func value() -> [UInt8]? {
    while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
    var value: [UInt8] = []
    // Where trailing spaces may be cut: behind the last byte that is not one, or is escaped.
    var end = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: "+"):
        // Something must follow a separator.
        return isAtEnd ? nil : Array(value[..<end])
      case UInt8(ascii: "\\"):
        guard let escaped = escaped() else { return nil }
        value.append(escaped)
        end = value.count
      default:
        value.append(byte)
        if byte != UInt8(ascii: " ") { end = value.count }
      }
    }
    return Array(value[..<end])
  }

  private mutating func escaped() -> UInt8? {
    guard index < bytes.count else { return nil }
    let first = bytes[index]
    index += 1
    guard let high = hexadecimalDigit(first) else { return first }
    guard index < bytes.count, let low = hexadecimalDigit(bytes[index]) else { return nil }
    index += 1
    return high << 4 | low
  }

  private func isTypeByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E: true
    default: false
    }
  }

  /// Other programs' names for the same attributes.
  private static let synonyms = ["EMAILADDRESS": "EMAIL", "E": "EMAIL", "S": "ST"]
}
