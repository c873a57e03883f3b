// SPDX-License-Identifier: Apache-2.0

/// What a caller's bearer token is compared with.
package enum CallerToken: Sendable, Hashable {
  /// The token itself, kept elsewhere.
  case secret(SecretReference)
  /// The SHA-256 digest of the token's bytes, 32 bytes.
  case sha256([UInt8])

  /// Reads `sha256:` and 64 hexadecimal digits of either case; nil for anything else.
  init?(digest text: String) {
    guard text.hasPrefix("sha256:") else { return nil }
    let digits = Array(text.utf8.dropFirst("sha256:".utf8.count))
    guard digits.count == 64 else { return nil }
    var digest: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Self.value(of: digits[index]), let low = Self.value(of: digits[index + 1])
      else { return nil }
      digest.append(high << 4 | low)
    }
    self = .sha256(digest)
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
