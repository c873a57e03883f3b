// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON

/// A path as it was sent, taken apart at its slashes; what is not percent-encoded stays where it is
/// until it turns out to be a parameter's value.
struct RawPath {
  enum Segment {
    /// Stands for itself: these bytes of the path.
    case plain(Range<Int>)
    /// Was percent-encoded.
    case decoded(String)
    /// No request may carry it. Why, as a violation's message.
    case unusable(String)
  }

  private let text: String
  private(set) var segments: [Segment] = []

  /// - Parameter text: begins with a slash.
  init(_ text: String) {
    self.text = text
    segments.reserveCapacity(12)
    let bytes = text.utf8.span
    var start = 1
    var isEncoded = false
    for offset in 1...bytes.count {
      guard offset == bytes.count || bytes[offset] == UInt8(ascii: "/") else {
        isEncoded = isEncoded || bytes[offset] == UInt8(ascii: "%") || bytes[offset] == 0
        continue
      }
      segments.append(segment(start..<offset, isEncoded: isEncoded))
      start = offset + 1
      isEncoded = false
    }
  }

  /// Whether the segment, decoded, is `literal`.
  func segment(_ index: Int, is literal: String) -> Bool {
    switch segments[index] {
    case .plain(let range):
      guard range.count == literal.utf8.count else { return false }
      let bytes = text.utf8.span
      let expected = literal.utf8.span
      for offset in expected.indices where bytes[range.lowerBound + offset] != expected[offset] {
        return false
      }
      return true
    case .decoded(let text): return text.hasSameBytes(as: literal)
    case .unusable: return false
    }
  }

  func isUnusable(_ index: Int) -> Bool {
    if case .unusable = segments[index] { true } else { false }
  }

  /// The segment decoded, as a parameter's value; `nil` when it is unusable.
  func value(_ index: Int) -> String? {
    switch segments[index] {
    case .plain(let range): part(range)
    case .decoded(let text): text
    case .unusable: nil
    }
  }

  private func part(_ range: Range<Int>) -> String {
    let bytes = text.utf8
    let start = bytes.index(bytes.startIndex, offsetBy: range.lowerBound)
    return String(text[start..<bytes.index(start, offsetBy: range.count)])
  }

  private func segment(_ range: Range<Int>, isEncoded: Bool) -> Segment {
    guard isEncoded || isOnlyDots(range) else { return .plain(range) }
    guard let text = PercentEncoding.decode(part(range)) else {
      return .unusable("is not percent-encoded UTF-8")
    }
    if text.isEmpty { return .unusable("is empty; at least one character is needed") }
    // RFC 3986, 5.2.4: anyone on the way may remove such a segment, encoded or not, and the one
    // before it.
    if text == "." || text == ".." {
      return .unusable("is a dot segment, which would change the path")
    }
    if text.utf8.contains(0) { return .unusable("contains NUL (%00)") }
    return .decoded(text)
  }

  /// Also when it is empty.
  private func isOnlyDots(_ range: Range<Int>) -> Bool {
    let bytes = text.utf8.span
    return range.allSatisfy { bytes[$0] == UInt8(ascii: ".") }
  }
}
