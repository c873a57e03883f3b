// SPDX-License-Identifier: Apache-2.0

/// JSON compares names and strings code point by code point (RFC 8259, 8.3). Swift's `==` on
/// `String` takes "é" and "e" with a combining accent for the same, so these are used instead.
extension String {
  /// Whether both have the same UTF-8.
  package func hasSameBytes(as other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    let a = utf8.span
    let b = other.utf8.span
    for index in a.indices where a[index] != b[index] { return false }
    return true
  }

  /// Feeds the UTF-8 to a hasher, eight bytes at a time.
  package func hashBytes(into hasher: inout Hasher) {
    let bytes = utf8.span
    var word: UInt64 = 0
    for index in bytes.indices {
      word = word << 8 | UInt64(bytes[index])
      if index & 7 == 7 { hasher.combine(word) }
    }
    hasher.combine(word)
    hasher.combine(bytes.count)
  }
}

/// A string as a key of a dictionary or set that compares by UTF-8.
package struct ByteKey: Hashable, Sendable {
  /// The string itself.
  package let text: String

  /// Makes the key of `text`.
  package init(_ text: String) { self.text = text }

  package static func == (a: ByteKey, b: ByteKey) -> Bool { a.text.hasSameBytes(as: b.text) }

  package func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}
