// SPDX-License-Identifier: Apache-2.0

/// Strings and numbers: RFC 8259, 6 and 7.
extension JSONReader {
  /// Expects `position` at the opening quote and leaves it behind the closing one.
  mutating func readString(_ text: Span<UInt8>) throws(Fault) -> String {
    let start = position + 1
    // Most strings are short, without escapes, and ASCII: done with one look at their bytes.
    let (end, plain) =
      ByteScan.of(text) { scan -> (Int, String?) in
        let (end, isASCII) = scan.plainRun(from: start)
        let isClosed = end < text.count && text[end] == UInt8(ascii: "\"")
        return (end, isASCII && isClosed ? scan.asciiString(from: start, to: end) : nil)
      } ?? (start, nil)
    guard end < text.count else { throw Fault(reason: .unexpectedEnd, offset: text.count) }
    guard text[end] == UInt8(ascii: "\"") else {
      return try readEscapedString(text, from: start)
    }
    position = end + 1
    return if let plain { plain } else { try decode(text.extracting(start..<end), at: start) }
  }

  /// The first quote, backslash or control character at or behind `start`.
  @inline(__always)
  private func plainEnd(from start: Int, _ text: Span<UInt8>) -> Int {
    ByteScan.of(text) { $0.plainRun(from: start).end } ?? start
  }

  private func decode(_ bytes: Span<UInt8>, at offset: Int) throws(Fault) -> String {
    do throws(UTF8.ValidationError) {
      return String(copying: try UTF8Span(validating: bytes))
    } catch {
      throw Fault(reason: .invalidUTF8, offset: offset + error.byteOffsets.lowerBound)
    }
  }

  /// Strings with a backslash are collected piece by piece; each piece is checked by itself, so
  /// that a mistake is told at its own place.
  private mutating func readEscapedString(
    _ text: Span<UInt8>, from start: Int
  ) throws(Fault) -> String {
    position = start
    var result = ""
    while true {
      let end = plainEnd(from: position, text)
      result += try decode(text.extracting(position..<end), at: position)
      position = end
      guard end < text.count else { throw fault(.unexpectedEnd) }
      switch text[end] {
      case UInt8(ascii: "\""):
        position = end + 1
        return result
      case UInt8(ascii: "\\"):
        result.unicodeScalars.append(try readEscape(text))
      default: throw fault(.controlCharacter)
      }
    }
  }

  /// Expects `position` at a backslash and leaves it behind the sequence.
  private mutating func readEscape(_ text: Span<UInt8>) throws(Fault) -> Unicode.Scalar {
    guard position + 1 < text.count else {
      throw Fault(reason: .unexpectedEnd, offset: text.count)
    }
    let scalar: Unicode.Scalar
    switch text[position + 1] {
    case UInt8(ascii: "\""): scalar = "\""
    case UInt8(ascii: "\\"): scalar = "\\"
    case UInt8(ascii: "/"): scalar = "/"
    case UInt8(ascii: "b"): scalar = "\u{8}"
    case UInt8(ascii: "f"): scalar = "\u{C}"
    case UInt8(ascii: "n"): scalar = "\n"
    case UInt8(ascii: "r"): scalar = "\r"
    case UInt8(ascii: "t"): scalar = "\t"
    case UInt8(ascii: "u"): return try readUnicodeEscape(text)
    default: throw fault(.invalidEscape)
    }
    position += 2
    return scalar
  }

  private mutating func readUnicodeEscape(_ text: Span<UInt8>) throws(Fault) -> Unicode.Scalar {
    let start = position
    let first = try readHex(text)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
      text[position + 1] == UInt8(ascii: "u")
    else { throw Fault(reason: .loneSurrogate, offset: start) }
    let second = try readHex(text)
    let combined = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
    guard (0xDC00...0xDFFF).contains(second), let scalar = Unicode.Scalar(combined) else {
      throw Fault(reason: .loneSurrogate, offset: start)
    }
    return scalar
  }

  /// The four digits of a `\uXXXX` whose backslash is at `position`.
  private mutating func readHex(_ text: Span<UInt8>) throws(Fault) -> UInt16 {
    var unit: UInt16 = 0
    for index in position + 2..<position + 6 {
      guard index < text.count else { throw Fault(reason: .unexpectedEnd, offset: index) }
      let digit: UInt8
      switch text[index] {
      case let byte where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
      case let byte where byte >= 0x41 && byte <= 0x46: digit = byte - 0x41 + 10
      case let byte where byte >= 0x61 && byte <= 0x66: digit = byte - 0x61 + 10
      default: throw fault(.invalidEscape)
      }
      unit = unit << 4 | UInt16(digit)
    }
    position += 6
    return unit
  }

  /// Expects `position` at a minus sign or digit.
  mutating func readNumber(_ text: Span<UInt8>) throws(Fault) -> JSONNumber {
    let start = position
    _ = take(UInt8(ascii: "-"), text)
    if take(UInt8(ascii: "0"), text) {
      if position < text.count, Self.isDigit(text[position]) { throw fault(.invalidNumber) }
    } else {
      try readDigits(text)
    }
    if take(UInt8(ascii: "."), text) { try readDigits(text) }
    if take(UInt8(ascii: "e"), text) || take(UInt8(ascii: "E"), text) {
      if !take(UInt8(ascii: "+"), text) { _ = take(UInt8(ascii: "-"), text) }
      var leading = position
      try readDigits(text)
      while leading < position, text[leading] == UInt8(ascii: "0") { leading += 1 }
      guard position - leading <= JSONNumber.maximumExponentDigits else {
        throw Fault(reason: .numberOutOfRange, offset: start)
      }
    }
    return JSONNumber(unchecked: try decode(text.extracting(start..<position), at: start))
  }

  private mutating func readDigits(_ text: Span<UInt8>) throws(Fault) {
    guard position < text.count else { throw fault(.unexpectedEnd) }
    guard Self.isDigit(text[position]) else { throw unexpected(.invalidNumber, in: text) }
    repeat { position += 1 } while position < text.count && Self.isDigit(text[position])
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }
}
