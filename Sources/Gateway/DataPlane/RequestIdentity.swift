// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Cryptography
internal import GatewayCore

extension RequestID {
  /// The caller's own id when it is one, else a new UUIDv7 (CONTRACT 2, `X-Request-Id`).
  init(keeping header: String?) {
    if let header, (1...128).contains(header.utf8.count), header.utf8.allSatisfy(isIDByte) {
      self.init(header)
    } else {
      self.init(
        uuidV7(
          milliseconds: UInt64(UnixTime.milliseconds()),
          random: SecureRandom.publicBytes(count: 16).reduce(0) { $0 << 8 | UInt128($1) }))
    }
  }
}

private func isIDByte(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
  default: false
  }
}

/// RFC 9562, 5.7: 48 bits of Unix time in milliseconds, then version, variant and random bits.
func uuidV7(milliseconds: UInt64, random: UInt128) -> String {
  let high =
    (milliseconds & 0xFFFF_FFFF_FFFF) << 16 | 7 << 12 | UInt64(truncatingIfNeeded: random >> 116)
  let low = 2 << 62 | UInt64(truncatingIfNeeded: random) & ((1 << 62) - 1)
  return unsafe String(unsafeUninitializedCapacity: 36) { text in
    unsafe text.initialize(repeating: UInt8(ascii: "-"))
    var end = 0
    for digit in 0..<32 {
      if digit == 8 || digit == 12 || digit == 16 || digit == 20 { end += 1 }
      let word = digit < 16 ? high : low
      unsafe text[end] = hexadecimalDigit(word >> UInt64(60 - digit % 16 * 4))
      end += 1
    }
    return end
  }
}

/// Of the lowest four bits.
private func hexadecimalDigit(_ bits: UInt64) -> UInt8 {
  let value = UInt8(truncatingIfNeeded: bits & 15)
  return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
}
