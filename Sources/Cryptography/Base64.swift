// SPDX-License-Identifier: Apache-2.0

/// Base 64 with the standard alphabet and padding (RFC 4648, section 4).
package enum Base64 {
  /// Four characters for every three bytes begun; no line breaks.
  package static func encode(_ bytes: [UInt8]) -> String {
    let count = (bytes.count + 2) / 3 * 4
    return unsafe String(unsafeUninitializedCapacity: count) { text in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe encode(bytes, into: text)
      }
      return count
    }
  }

  /// The bytes of a text that is exactly what `encode` makes of them; `nil` for everything else.
  ///
  /// White space, missing padding, the URL alphabet and padding bits that are not zero (RFC 4648,
  /// section 3.5) are refused, so that every byte string has one spelling only.
  package static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { text in unsafe decode(text) }
  }

  private static let alphabet: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

  /// The value of each character; 255 for those outside the alphabet.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for value in 0..<64 { unsafe values[Int(alphabet.utf8Start[value])] = UInt8(value) }
    return values
  }()

  private static let padding = UInt8(ascii: "=")

  private static func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>
  ) {
    let digits = unsafe alphabet.utf8Start
    var output = 0
    var input = 0
    while input < bytes.count {
      let present = min(3, bytes.count - input)
      let first = unsafe UInt32(bytes[input])
      let second = unsafe present > 1 ? UInt32(bytes[input + 1]) : 0
      let third = unsafe present > 2 ? UInt32(bytes[input + 2]) : 0
      let group = first << 16 | second << 8 | third
      unsafe text[output] = digits[Int(group >> 18)]
      unsafe text[output + 1] = digits[Int(group >> 12 & 63)]
      unsafe text[output + 2] = present > 1 ? digits[Int(group >> 6 & 63)] : padding
      unsafe text[output + 3] = present > 2 ? digits[Int(group & 63)] : padding
      input += 3
      output += 4
    }
  }

  private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    let length = text.count
    guard length.isMultiple(of: 4) else { return nil }
    guard length > 0 else { return [] }
    let padded =
      unsafe text[length - 1] != padding ? 0 : text[length - 2] != padding ? 1 : 2
    let count = length / 4 * 3 - padded
    var isValid = true
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: length / 4 * 3) { bytes, filled in
      unsafe values.withUnsafeBufferPointer { values in
        // A bit above the low six stays set when any character is outside the alphabet.
        var seen: UInt8 = 0
        for group in 0..<(length / 4) {
          var word: UInt32 = 0
          for place in 0..<4 {
            let position = group * 4 + place
            let value = unsafe position < length - padded ? values[Int(text[position])] : 0
            seen |= value
            word = word << 6 | UInt32(value & 63)
          }
          unsafe bytes[group * 3] = UInt8(truncatingIfNeeded: word >> 16)
          unsafe bytes[group * 3 + 1] = UInt8(truncatingIfNeeded: word >> 8)
          unsafe bytes[group * 3 + 2] = UInt8(truncatingIfNeeded: word)
        }
        isValid = seen < 64
        for position in count..<(length / 4 * 3) where unsafe bytes[position] != 0 {
          isValid = false
        }
      }
      filled = count
    }
    return isValid ? bytes : nil
  }
}
