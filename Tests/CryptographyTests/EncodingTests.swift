// SPDX-License-Identifier: Apache-2.0
import Cryptography
import Foundation
import Testing

@Suite("Base 64, base 16 and random text")
struct EncodingTests {
  /// RFC 4648, section 10.
  @Test(
    "the vectors of RFC 4648 hold",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func rfc4648(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
  }

  @Test(
    "anything but the one right spelling is refused",
    arguments: [
      "Zg", "Zg=", "Zg===", "Z===", "====", "=", "==", "Zh==", "Zm9=", "Zm8", "Zm9v\n", " Zm9v",
      "Zm 9v", "Zm9v====",
      "Zg==Zg==", "Zm=v", "Z=9v", "=m9v", "-_-_", "Zm9v\u{0}", "Zm9ö", "ＺＧ==",
      "WECHATPAY/SIGNTEST/",
    ])
  func refused(text: String) { #expect(Base64.decode(text) == nil) }

  @Test("every byte and every length goes through, and Foundation agrees")
  func roundTrips() {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    for count in 0..<300 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let text = Base64.encode(bytes)
      #expect(text == Data(bytes).base64EncodedString(), "seed \(seed)")
      #expect(Base64.decode(text) == bytes, "seed \(seed)")
      #expect(Hexadecimal.decode(Hexadecimal.lowercase(bytes)) == bytes)
      #expect(Hexadecimal.decode(Hexadecimal.uppercase(bytes)) == bytes)
    }
  }

  @Test("whatever is decoded encodes to the same text again")
  func uniqueSpelling() {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    let characters = Array("AZaz09+/==\n-".utf8)
    var decoded = 0
    for _ in 0..<20_000 {
      let bytes = (0..<4).map { _ in
        characters[Int.random(in: 0..<characters.count, using: &random)]
      }
      let text = String(decoding: bytes, as: UTF8.self)
      guard let plain = Base64.decode(text) else { continue }
      decoded += 1
      #expect(Base64.encode(plain) == text, "seed \(seed)")
    }
    #expect(decoded > 100)
  }

  @Test(
    "hexadecimal that is odd or has other characters is refused",
    arguments: ["0", "0g", "0x", "é0", " 0"])
  func badHexadecimal(text: String) { #expect(Hexadecimal.decode(text) == nil) }

  @Test("random text has the wanted length, its 62 characters, and does not repeat")
  func randomText() {
    let allowed = Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    var seen: Set<String> = []
    var characters: Set<Character> = []
    for _ in 0..<200 {
      let text = SecureRandom.alphanumeric(count: 32)
      #expect(text.utf8.count == 32)
      seen.insert(text)
      characters.formUnion(text)
    }
    #expect(seen.count == 200)
    #expect(characters == allowed)
    #expect(SecureRandom.alphanumeric(count: 0).isEmpty)
    #expect(SecureRandom.bytes(count: 0).isEmpty)
    #expect(SecureRandom.bytes(count: 20) != SecureRandom.bytes(count: 20))
  }

  @Test("constant-time comparison says what == says")
  func comparison() {
    #expect(constantTimeEqual([], []))
    #expect(constantTimeEqual([1, 2], [1, 2]))
    #expect(!constantTimeEqual([1, 2], [1, 3]))
    #expect(!constantTimeEqual([1, 2], [1, 2, 3]))
    #expect(!constantTimeEqual([0], []))
  }
}
