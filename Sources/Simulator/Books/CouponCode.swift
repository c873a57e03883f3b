// SPDX-License-Identifier: Apache-2.0

/// A coupon code. Codes are the same when their bytes are, whatever Unicode says of their
/// characters.
struct CouponCode: Sendable, Hashable, CustomStringConvertible {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  var description: String { text }

  static func == (a: CouponCode, b: CouponCode) -> Bool {
    a.text.utf8.elementsEqual(b.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
    hasher.combine(UInt8(0xFF))
  }

  /// Why WeChat Pay does not import the code: error code and message of its entry in `fail_codes`.
  struct Fault: Sendable, Equatable {
    var code: String
    var message: String
  }

  /// `nil` for a code of 1 to 32 characters out of `0-9 a-z A-Z`, space, `-` `_` `\` `/` `=` `|`
  /// and `*` (an older page prints `*` where the others have `_`).
  var fault: Fault? {
    let count = text.unicodeScalars.count
    if count > 32 { return Fault(code: "LENGTH_LIMIT", message: "长度超过最大值32位") }
    if count < 1 { return Fault(code: "LENGTH_LIMIT", message: "长度小于最小值1位") }
    guard text.utf8.allSatisfy(Self.isAllowed) else {
      return Fault(code: "CHARACTER_LIMIT", message: "包含不允许的字符")
    }
    return nil
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "\\"),
      UInt8(ascii: "/"),
      UInt8(ascii: "="), UInt8(ascii: "|"), UInt8(ascii: "*"):
      true
    default: false
    }
  }
}
