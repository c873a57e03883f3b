// SPDX-License-Identifier: Apache-2.0

/// Looking at eight bytes at a time: the only unchecked memory access of this target, in one place.
///
/// Strings are most of what goes through here, and nearly all of their bytes need no attention. Byte
/// by byte, with its bounds checked each time, the same search costs about six times as much.
@safe struct ByteScan {
  private let start: UnsafeRawPointer
  private let count: Int

  /// Lends a scan of the bytes of `span` to `body`.
  @inline(__always)
  static func of<Result>(_ span: Span<UInt8>, _ body: (ByteScan) -> Result) -> Result? {
    unsafe span.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return nil }
      return body(unsafe ByteScan(start: start, count: buffer.count))
    }
  }

  @unsafe init(start: UnsafePointer<UInt8>, count: Int) {
    unsafe self.start = UnsafeRawPointer(start)
    self.count = count
  }

  /// The first byte at or behind `start`, which is not negative, that cannot stand in a string as it
  /// is: a quote, a backslash or a control character. The end when there is none.
  @inline(__always)
  func firstSpecial(from first: Int) -> Int {
    var index = first
    while index + 8 <= count {
      // Within the bytes: `index` is not negative and at least eight follow it.
      let word = UInt64(
        littleEndian: unsafe start.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let found = Self.specials(in: word)
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < count {
      let byte = unsafe start.load(fromByteOffset: index, as: UInt8.self)
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
      index += 1
    }
    return index
  }

  /// The top bit of each special byte is set, and perhaps of some above the lowest of them: after
  /// "Bit Twiddling Hacks", "Determine if a word has a zero byte" and "a byte less than n".
  @inline(__always)
  private static func specials(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let controls = (word &- ones &* 0x20) & ~word
    return (((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | controls)
      & (ones &* 0x80)
  }
}
