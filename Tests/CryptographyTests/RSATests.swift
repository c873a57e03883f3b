// SPDX-License-Identifier: Apache-2.0
import Cryptography
import TestSupport
import Testing

@Suite("RSA signatures and keys")
struct RSATests {
  @Test(
    "signatures are those the official SDKs publish", arguments: OfficialSDKVectors.signatures)
  func officialSignatures(vector: OfficialSDKVectors.Signature) throws {
    let key = try RSAPrivateKey(pem: Array(vector.key.utf8))
    let signature = try key.sign(Array(vector.message.utf8))
    #expect(Base64.encode(signature) == vector.signature)
    #expect(key.publicKey.isValid(signature: signature, for: Array(vector.message.utf8)))
  }

  @Test("a signature is refused for another message, another key, and with any byte changed")
  func refusedSignatures() throws {
    let message = Array("POST\n/v3\n1554208460\nnonce\n{}\n".utf8)
    let key = Keys.first
    let signature = try key.sign(message)
    #expect(signature.count == 256)
    #expect(!key.publicKey.isValid(signature: signature, for: message + [10]))
    #expect(!Keys.second.publicKey.isValid(signature: signature, for: message))
    #expect(!key.publicKey.isValid(signature: [], for: message))
    #expect(!key.publicKey.isValid(signature: signature + [0], for: message))
    #expect(!key.publicKey.isValid(signature: Array(signature.dropLast()), for: message))
    for position in stride(from: 0, to: 256, by: 17) {
      var changed = signature
      changed[position] ^= 1
      #expect(!key.publicKey.isValid(signature: changed, for: message), "byte \(position)")
    }
    #expect(key.publicKey.isValid(signature: signature, for: message))
  }

  @Test("what we sign is verified by the openssl command, and the other way round")
  func opensslAgrees() throws {
    let folder = try TemporaryFolder()
    let message = Array(
      "GET\n/v3/certificates\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n".utf8)
    _ = try folder.write(Keys.first.pem, to: "key.pem")
    _ = try folder.write(Keys.first.publicKey.pem, to: "public.pem")
    _ = try folder.write(message, to: "message")
    _ = try folder.write(Keys.first.sign(message), to: "ours")
    let said = try OpenSSLCommand.run(
      "dgst", "-sha256", "-verify", "public.pem", "-signature", "ours", "message", in: folder.path)
    #expect(said == "Verified OK\n")
    try OpenSSLCommand.run(
      "dgst", "-sha256", "-sign", "key.pem", "-out", "theirs", "message", in: folder.path)
    #expect(Keys.first.publicKey.isValid(signature: try folder.read("theirs"), for: message))
    // RSASSA-PKCS1-v1_5 has no randomness in it.
    #expect(try folder.read("theirs") == Keys.first.sign(message))
  }

  @Test("private keys made by the openssl command are read in every form")
  func keyForms() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Keys.first.pem, to: "pkcs8.pem")
    try OpenSSLCommand.run(
      "rsa", "-in", "pkcs8.pem", "-traditional", "-out", "pkcs1.pem", in: folder.path)
    try OpenSSLCommand.run(
      "pkcs8", "-topk8", "-in", "pkcs8.pem", "-passout", "pass:correct horse", "-out",
      "pkcs8-encrypted.pem",
      in: folder.path)
    try OpenSSLCommand.run(
      "rsa", "-in", "pkcs8.pem", "-traditional", "-aes256", "-passout", "pass:correct horse",
      "-out",
      "pkcs1-encrypted.pem", in: folder.path)
    for name in ["pkcs8.pem", "pkcs1.pem"] {
      let key = try RSAPrivateKey(pem: try folder.read(name))
      #expect(key.publicKey == Keys.first.publicKey, "\(name)")
    }
    for name in ["pkcs8-encrypted.pem", "pkcs1-encrypted.pem"] {
      let pem = try folder.read(name)
      let key = try RSAPrivateKey(pem: pem, passphrase: Array("correct horse".utf8))
      #expect(key.publicKey == Keys.first.publicKey, "\(name)")
      #expect(code { _ = try RSAPrivateKey(pem: pem) } == .passphraseRequired, "\(name)")
      for wrong in ["wrong", "", String(repeating: "long", count: 1000)] {
        #expect(
          code { _ = try RSAPrivateKey(pem: pem, passphrase: Array(wrong.utf8)) }
            == .wrongPassphrase,
          "\(name)")
      }
    }
    let surrounded =
      Array("Bag Attributes\n".utf8) + (try folder.read("pkcs1.pem")) + Array("end\n".utf8)
    #expect(try RSAPrivateKey(pem: surrounded).publicKey == Keys.first.publicKey)
  }

  @Test("keys that are not RSA or are shorter than 2048 bits are refused, and say why")
  func unsuitableKeys() throws {
    let folder = try TemporaryFolder()
    try OpenSSLCommand.run(
      "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "ec.pem",
      in: folder.path)
    try OpenSSLCommand.run("genpkey", "-algorithm", "ed25519", "-out", "ed.pem", in: folder.path)
    try OpenSSLCommand.run("genrsa", "-out", "short.pem", "1024", in: folder.path)
    for (name, expected) in [
      ("ec", CryptographyError.Code.notRSA), ("ed", .notRSA), ("short", .keyTooShort),
    ] {
      try OpenSSLCommand.run(
        "pkey", "-in", "\(name).pem", "-pubout", "-out", "\(name).pub", in: folder.path)
      #expect(code { _ = try RSAPrivateKey(pem: try folder.read("\(name).pem")) } == expected)
      #expect(code { _ = try RSAPublicKey(pem: try folder.read("\(name).pub")) } == expected)
    }
    #expect(code { _ = try RSAPrivateKey.generate(bits: 1024) } == .keyTooShort)
  }

  @Test("what is not a key is refused", arguments: notKeyTexts)
  func notKeys(text: String) {
    #expect(code { _ = try RSAPrivateKey(pem: Array(text.utf8)) } == .malformedKey)
    #expect(code { _ = try RSAPublicKey(pem: Array(text.utf8)) } == .malformedKey)
  }

  static let notKeyTexts = [
    "", "\n", "hello", "-----BEGIN PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n",
    OfficialSDKVectors.javaCertificate,
    String(repeating: "\0", count: 100),
  ]

  @Test("a public key is not a private key, nor the other way round")
  func kindsAreKeptApart() throws {
    let key = Keys.first
    #expect(code { _ = try RSAPrivateKey(pem: key.publicKey.pem) } == .malformedKey)
    #expect(code { _ = try RSAPublicKey(pem: key.pem) } == .malformedKey)
  }

  @Test("one key signs and checks on many tasks at once")
  func sharedKey() async throws {
    let key = Keys.first
    let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<32 {
        group.addTask {
          let message = Array("message \(number)".utf8)
          let signature = try key.sign(message)
          return key.publicKey.isValid(signature: signature, for: message)
            && !key.publicKey.isValid(signature: signature, for: message + [0])
        }
      }
      return try await group.filter { !$0 }.reduce(0) { count, _ in count + 1 }
    }
    #expect(wrong == 0)
  }

  @Test("a key prints as ***")
  func secrecy() throws {
    let key = Keys.first
    var dumped = ""
    dump(key, to: &dumped)
    #expect("\(key)" == "***")
    #expect(String(reflecting: key) == "***")
    #expect(dumped.contains("***") && !dumped.contains("handle"))
  }

  @Test("errors never quote the passphrase or the key")
  func quietErrors() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Keys.first.pem, to: "key.pem")
    try OpenSSLCommand.run(
      "pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:right", "-out", "encrypted.pem",
      in: folder.path)
    let pem = try folder.read("encrypted.pem")
    let error = #expect(throws: CryptographyError.self) {
      _ = try RSAPrivateKey(pem: pem, passphrase: Array("hunter2-secret".utf8))
    }
    let text = error.map { "\($0) \($0.detail)" } ?? ""
    #expect(text.contains("passphrase") && !text.contains("hunter2"))
  }
}

/// Keys made once for all tests.
enum Keys {
  static let first = make()
  static let second = make()

  private static func make() -> RSAPrivateKey {
    do { return try RSAPrivateKey.generate() } catch { fatalError("no RSA key: \(error)") }
  }
}

/// The code of the error that `body` throws; `nil` when it throws none.
func code(_ body: () throws -> Void) -> CryptographyError.Code? {
  do {
    try body()
    return nil
  } catch let error as CryptographyError {
    return error.code
  } catch {
    Issue.record(error)
    return nil
  }
}
