// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import GatewayCore

extension RequestID {
  /// The caller's own id when it is one, else a new UUIDv7 (CONTRACT 2, `X-Request-Id`).
  init(keeping header: String?) {
    if let header, (1...128).contains(header.utf8.count), header.utf8.allSatisfy(isIDByte) {
      self.init(header)
    } else {
      self.init(
        uuidV7(
          milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1000),
          random: .random(in: .min ... .max)))
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
  let time = UInt128(milliseconds & 0xFFFF_FFFF_FFFF) << 80
  let version = UInt128(7) << 76
  let variant = UInt128(2) << 62
  let randomA = (random >> 116) << 64
  let randomB = random & ((1 << 62) - 1)
  let hexadecimal = String(time | version | randomA | variant | randomB, radix: 16)
  let padded = String(repeating: "0", count: 32 - hexadecimal.count) + hexadecimal
  var groups: [Substring] = []
  var rest = padded[...]
  for length in [8, 4, 4, 4, 12] {
    groups.append(rest.prefix(length))
    rest = rest.dropFirst(length)
  }
  return groups.joined(separator: "-")
}

/// The trace id of a `traceparent` (W3C Trace Context, 3.2); `nil` when it is not one.
func traceID(_ traceparent: String?) -> String? {
  guard let fields = traceparent?.split(separator: "-", omittingEmptySubsequences: false),
    fields.count >= 4,
    zip(fields, [2, 32, 16, 2]).allSatisfy({
      $0.utf8.count == $1 && $0.utf8.allSatisfy(isLowercaseHexadecimal)
    }),
    // What later versions add stands behind; version ff is invalid, and so are ids of zeros only.
    fields[0] != "ff", fields[0] != "00" || fields.count == 4,
    !fields[1].utf8.allSatisfy({ $0 == 0x30 }), !fields[2].utf8.allSatisfy({ $0 == 0x30 })
  else { return nil }
  return String(fields[1])
}

private func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
}
