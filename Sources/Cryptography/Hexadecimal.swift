// SPDX-License-Identifier: Apache-2.0

/// Base 16 (RFC 4648, section 8).
package enum Hexadecimal {
  /// Two digits a byte, `0-9a-f`.
  package static func lowercase(_ bytes: [UInt8]) -> String {
    encode(bytes, digits: "0123456789abcdef")
  }

  /// Two digits a byte, `0-9A-F`.
  package static func uppercase(_ bytes: [UInt8]) -> String {
    encode(bytes, digits: "0123456789ABCDEF")
  }

  /// The bytes of an even number of digits of either case; `nil` for anything else.
  package static func decode(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for position in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[position]), let low = value(digits[position + 1]) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func encode(_ bytes: [UInt8], digits: StaticString) -> String {
    unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { text in
      for (position, byte) in bytes.enumerated() {
        unsafe text[position * 2] = digits.utf8Start[Int(byte >> 4)]
        unsafe text[position * 2 + 1] = digits.utf8Start[Int(byte & 15)]
      }
      return bytes.count * 2
    }
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
