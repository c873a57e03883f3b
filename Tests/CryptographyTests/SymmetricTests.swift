// SPDX-License-Identifier: Apache-2.0
import Cryptography
import Testing

@Suite("AES-256-GCM and SHA-256")
struct SymmetricTests {
  struct Vector: CustomTestStringConvertible {
    let name: String
    let key: String
    let nonce: String
    let plaintext: String
    let associatedData: String
    let ciphertext: String
    let tag: String
    var testDescription: String { name }
  }

  /// McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", submission to NIST, appendix
  /// B, cases 13 to 16.
  static let vectors = [
    Vector(
      name: "case 13", key: String(repeating: "00", count: 32),
      nonce: String(repeating: "00", count: 12),
      plaintext: "", associatedData: "", ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b"),
    Vector(
      name: "case 14", key: String(repeating: "00", count: 32),
      nonce: String(repeating: "00", count: 12),
      plaintext: String(repeating: "00", count: 16), associatedData: "",
      ciphertext: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
    Vector(
      name: "case 15", key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbaddecaf888",
      plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
      associatedData: "",
      ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
      tag: "b094dac5d93471bdec1a502270e3cc6c"),
    Vector(
      name: "case 16", key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbaddecaf888",
      plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
      associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
      tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
  ]

  @Test("the published vectors of GCM with 256-bit keys hold", arguments: vectors)
  func publishedVectors(vector: Vector) throws {
    let key = try AES256GCM.Key(bytes(vector.key))
    let sealed = try AES256GCM.seal(
      bytes(vector.plaintext), key: key, nonce: bytes(vector.nonce),
      associatedData: bytes(vector.associatedData))
    #expect(Hexadecimal.lowercase(sealed) == vector.ciphertext + vector.tag)
    let opened = try AES256GCM.open(
      sealed, key: key, nonce: bytes(vector.nonce), associatedData: bytes(vector.associatedData))
    #expect(Hexadecimal.lowercase(opened) == vector.plaintext)
  }

  @Test("the ciphertext that the official SDK publishes is made and opened")
  func officialVector() throws {
    let key = try AES256GCM.Key(Array(OfficialSDKVectors.apiV3Key.utf8))
    let nonce = Array(OfficialSDKVectors.aeadNonce.utf8)
    let associatedData = Array(OfficialSDKVectors.aeadAssociatedData.utf8)
    let message = Array(OfficialSDKVectors.aeadMessage.utf8)
    let sealed = try AES256GCM.seal(message, key: key, nonce: nonce, associatedData: associatedData)
    #expect(Base64.encode(sealed) == OfficialSDKVectors.aeadCiphertext)
    #expect(
      try AES256GCM.open(sealed, key: key, nonce: nonce, associatedData: associatedData) == message)
  }

  @Test("nothing opens when the ciphertext, tag, nonce, key or associated data differ")
  func tampering() throws {
    let key = try AES256GCM.Key([UInt8](repeating: 7, count: 32))
    let other = try AES256GCM.Key([UInt8](repeating: 8, count: 32))
    let nonce = [UInt8](repeating: 1, count: 12)
    let sealed = try AES256GCM.seal([1, 2, 3], key: key, nonce: nonce, associatedData: [9])
    for position in sealed.indices {
      var changed = sealed
      changed[position] ^= 0x80
      #expect(
        code { _ = try AES256GCM.open(changed, key: key, nonce: nonce, associatedData: [9]) }
          == .authenticationFailed)
    }
    for length in 0..<sealed.count {
      #expect(
        code {
          _ = try AES256GCM.open(
            Array(sealed.prefix(length)), key: key, nonce: nonce, associatedData: [9])
        } == .authenticationFailed)
    }
    let otherNonce = [UInt8](repeating: 2, count: 12)
    #expect(
      code { _ = try AES256GCM.open(sealed, key: key, nonce: otherNonce, associatedData: [9]) }
        == .authenticationFailed)
    #expect(
      code { _ = try AES256GCM.open(sealed, key: other, nonce: nonce, associatedData: [9]) }
        == .authenticationFailed)
    #expect(
      code { _ = try AES256GCM.open(sealed, key: key, nonce: nonce, associatedData: []) }
        == .authenticationFailed)
    #expect(try AES256GCM.open(sealed, key: key, nonce: nonce, associatedData: [9]) == [1, 2, 3])
  }

  @Test("keys and nonces of another length are refused", arguments: [0, 11, 13, 16, 31, 33])
  func lengths(count: Int) throws {
    let key = try AES256GCM.Key([UInt8](repeating: 7, count: 32))
    let bytes = [UInt8](repeating: 0, count: count)
    #expect(code { _ = try AES256GCM.Key(bytes) } == .badKeyLength)
    #expect(
      code { _ = try AES256GCM.seal([], key: key, nonce: bytes, associatedData: []) }
        == .badNonceLength)
    #expect(
      code { _ = try AES256GCM.open(bytes, key: key, nonce: bytes, associatedData: []) }
        == .badNonceLength)
  }

  /// FIPS 180-4 example values, published by NIST; the last is of a million times `a`.
  @Test(
    "SHA-256 gives NIST's examples, in one piece and in many",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        String(repeating: "a", count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func digests(text: String, expected: String) {
    let bytes = Array(text.utf8)
    #expect(SHA256.hex(bytes) == expected)
    var digest = SHA256()
    for start in stride(from: 0, to: bytes.count, by: 977) {
      digest.update(Array(bytes[start..<min(start + 977, bytes.count)]))
    }
    digest.update("")
    #expect(Hexadecimal.lowercase(digest.finalize()) == expected)
  }

  @Test("secrets print as ***, whole or inside something else")
  func secrecy() throws {
    let secret = SecretBytes("hunter2")
    let key = try AES256GCM.Key([UInt8](repeating: 65, count: 32))
    var dumped = ""
    dump((secret, key), to: &dumped)
    for text in ["\(secret)", "\(key)", "\([secret])", String(reflecting: (secret, key)), dumped] {
      #expect(text.contains("***"))
      #expect(!text.contains("hunter2") && !text.contains("65"))
    }
    #expect(secret.withBytes { bytes in bytes.count } == 7)
    #expect(secret.withBytes { bytes in bytes[0] } == UInt8(ascii: "h"))
    #expect(SecretBytes([]).count == 0)
  }

  private func bytes(_ text: String) throws -> [UInt8] { try #require(Hexadecimal.decode(text)) }
}
