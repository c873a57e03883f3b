// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import GatewayCore

/// What a request number is stored under: SHA-256 of merchant, operation and number, each behind
/// its length.
///
/// 32 bytes whatever the number's length; the lengths keep `ab` + `c` apart from `a` + `bc`.
struct NumberDigest: Hashable, Sendable {
  /// The digest, eight bytes in each: no allocation, and quick to compare.
  private let words: SIMD4<UInt64>

  init(_ key: RequestKey) {
    var text: [UInt8] = []
    let parts = [key.merchant.text, key.operation, key.number]
    text.reserveCapacity(parts.reduce(0) { $0 + $1.utf8.count + 8 })
    for part in parts {
      unsafe withUnsafeBytes(of: UInt64(part.utf8.count).bigEndian) {
        unsafe text.append(contentsOf: $0)
      }
      text.append(contentsOf: part.utf8)
    }
    words = unsafe SHA256.hash(text).withUnsafeBytes {
      unsafe $0.loadUnaligned(as: SIMD4<UInt64>.self)
    }
  }

  /// The 32 bytes.
  var bytes: [UInt8] { unsafe withUnsafeBytes(of: words) { unsafe Array($0) } }

  // Eight bytes of SHA-256 are spread as well as a hash can be.
  func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }
}
