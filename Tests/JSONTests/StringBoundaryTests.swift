// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

/// Strings are looked at eight bytes at a time and written from buffers: every length and every
/// place of a byte that matters, around those eight.
@Suite("Strings at every boundary") struct StringBoundaryTests {
  static let marks = [
    "\"", "\\", "\n", "\u{0}", "\u{1F}", " ", "!", "#", "[", "]", "\u{7F}", "é", "优", "\u{1F600}",
  ]

  @Test("each character survives at each place of each length", arguments: marks)
  func roundTrip(mark: String) throws {
    for length in 0...34 {
      for place in 0...length {
        let text =
          String(repeating: "a", count: place) + mark
          + String(repeating: "b", count: length - place)
        let value = JSONValue.array([.string(text), .string(mark)])
        let bytes = value.serialized()
        #expect(try JSONValue(parsing: bytes) == value)
        #expect(value.canonicalBytes() == bytes)
      }
    }
  }

  @Test(
    "a control character or a broken byte is found at each place",
    arguments: [0x0A, 0x1F, 0x80, 0xC3, 0xFF] as [UInt8])
  func refused(byte: UInt8) throws {
    for length in 0...34 {
      for place in 0...length {
        var bytes = Array("\"".utf8) + [UInt8](repeating: 0x61, count: length) + Array("\"".utf8)
        bytes.insert(byte, at: place + 1)
        let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes) }
        #expect(error.reason == (byte < 0x20 ? .controlCharacter : .invalidUTF8))
        #expect(error.offset == place + 1)
      }
    }
  }

  @Test("a text that ends inside a string is refused at each length")
  func unclosed() throws {
    for length in 0...34 {
      let bytes = Array("\"".utf8) + [UInt8](repeating: 0x61, count: length)
      let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes) }
      #expect(error.reason == .unexpectedEnd)
      #expect(error.offset == bytes.count)
    }
  }
}
