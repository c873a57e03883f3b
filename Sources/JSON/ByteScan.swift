// SPDX-License-Identifier: Apache-2.0

/// Looking at eight bytes at a time: the only unchecked memory access of this target, in one place.
///
/// Strings are most of what goes through here, and nearly all of their bytes need no attention.
/// Byte by byte, with its bounds checked each time, the same search costs about six times as much.
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

  /// The run of bytes from `first`, which is not negative, that can stand in a string as they are:
  /// up to a quote, a backslash, a control character or the end. And whether it is all ASCII.
  @inline(__always)
  func plainRun(from first: Int) -> (end: Int, isASCII: Bool) {
    let tops: UInt64 = 0x8080_8080_8080_8080
    var seen: UInt64 = 0
    var index = first
    while index + 8 <= count {
      // Within the bytes: `index` is not negative and at least eight follow it.
      let word = UInt64(
        littleEndian: unsafe start.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let found = Self.specials(in: word)
      if found != 0 {
        let before = (found & (0 &- found)) &- 1
        return (index + found.trailingZeroBitCount / 8, (seen | word & before) & tops == 0)
      }
      seen |= word
      index += 8
    }
    while index < count {
      let byte = unsafe start.load(fromByteOffset: index, as: UInt8.self)
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
      seen |= UInt64(byte)
      index += 1
    }
    return (index, seen & tops == 0)
  }

  /// Whether any byte must be escaped in a string.
  @inline(__always)
  var hasSpecials: Bool {
    guard count >= 8 else { return plainRun(from: 0).end < count }
    var found: UInt64 = 0
    var index = 0
    while index + 8 <= count {
      found |= Self.specials(in: unsafe start.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    // The last eight, of which some may have been looked at before.
    found |= Self.specials(
      in: unsafe start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
    return found != 0
  }

  /// Appends all bytes to `bytes`.
  @inline(__always)
  func append(to bytes: inout [UInt8]) {
    unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The bytes from `first` up to `end` as a string. They are within the scan and all ASCII, which
  /// is what makes it safe not to validate them.
  func asciiString(from first: Int, to end: Int) -> String {
    let run = unsafe UnsafeRawBufferPointer(start: start + first, count: end - first)
    return unsafe String(unsafeUninitializedCapacity: run.count) { target in
      unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: run)
      return run.count
    }
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
