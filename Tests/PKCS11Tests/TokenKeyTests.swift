// SPDX-License-Identifier: Apache-2.0
import Cryptography
import Foundation
import PKCS11
import TestSupport
import Testing

@Suite("Keys in a token", .serialized, .timeLimit(.minutes(2)))
struct TokenKeyTests {
  /// A token with two keys, `first` (id A1) and `second` (id B2), the latter twice under the label
  /// `twice`. SoftHSM reads its configuration once in a process, so all tests share it.
  private static let made = Result { () throws -> (token: SoftToken, keys: [RSAPrivateKey]) in
    let token = try SoftToken()
    for (name, value) in token.environment { unsafe setenv(name, value, 1) }
    let keys = [try RSAPrivateKey.generate(), try RSAPrivateKey.generate()]
    try token.add(keys[0].pem, label: "first", id: "A1")
    try token.add(keys[1].pem, label: "second", id: "B2")
    for id in ["C1", "C2"] { try token.add(keys[1].pem, label: "twice", id: id) }
    return (token, keys)
  }

  private static func tokens() throws -> Tokens {
    _ = try made.get()
    return try Tokens(module: SoftToken.module, sessions: 3, timeout: .seconds(10))
  }

  private static func key(
    _ uri: String, pin: String? = SoftToken.pin, of index: Int = 0, in tokens: Tokens? = nil
  ) throws -> TokenKey {
    try TokenKey(
      uri: uri, pin: pin.map { SecretBytes($0) }, publicKey: made.get().keys[index].publicKey,
      in: tokens ?? self.tokens())
  }

  @Test(
    "a key is found by its label, its id or both, and signs as if it were in a file",
    arguments: [
      "pkcs11:token=wxpay;object=first", "pkcs11:token=wxpay;id=%A1", "pkcs11:object=first",
      "pkcs11:token=wxpay;object=first;id=%A1;type=private",
      "pkcs11:token=wxpay;object=first;type=cert",
    ])
  func found(uri: String) async throws {
    let message = Array("POST\n/v3/x\n1\nn\n{}\n".utf8)
    let signature = try await Self.key(uri).signature(of: message)
    // RSASSA-PKCS1-v1_5 has no randomness in it.
    #expect(try signature == Self.made.get().keys[0].sign(message))
  }

  @Test("many tasks sign with two keys at once")
  func concurrent() async throws {
    let tokens = try Self.tokens()
    let keys = [
      try Self.key("pkcs11:object=first", in: tokens),
      try Self.key("pkcs11:object=second", of: 1, in: tokens),
    ]
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<40 {
        group.addTask {
          let message = Array("message \(number)".utf8)
          let signature = try await keys[number % 2].signature(of: message)
          return try Self.made.get().keys[number % 2].publicKey.isValid(
            signature: signature, for: message)
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }

  @Test("what is wrong is told apart, with a remedy and without the PIN")
  func mistakes() throws {
    for (uri, pin, index, expected) in [
      ("pkcs11:token=other;object=first", SoftToken.pin, 0, TokenError.Code.tokenMissing),
      ("pkcs11:token=wxpay;object=third", SoftToken.pin, 0, .keyMissing),
      ("pkcs11:token=wxpay;object=twice", SoftToken.pin, 1, .keyAmbiguous),
      ("pkcs11:token=wxpay;object=second", SoftToken.pin, 0, .mismatch),
      ("pkcs11:token", SoftToken.pin, 0, .badURI), ("file:x", SoftToken.pin, 0, .badURI),
      ("pkcs11:nonsense=x;object=first", SoftToken.pin, 0, .badURI),
      ("pkcs11:object=first?pin-value=1", SoftToken.pin, 0, .badURI),
      ("pkcs11:object=first?module-path=/x", SoftToken.pin, 0, .badURI),
    ] {
      let error = #expect(throws: TokenError.self) { try Self.key(uri, pin: pin, of: index) }
      #expect(error?.code == expected, "\(uri): \(error.map { "\($0)" } ?? "")")
      #expect(error?.remedy.isEmpty == false)
      #expect(error.map { "\($0)\($0.remedy)".contains(SoftToken.pin) } == false)
    }
  }

  @Test("a library that is none is refused", arguments: ["/nowhere/module.so", "/bin/sh"])
  func module(path: String) {
    let error = #expect(throws: TokenError.self) {
      try Tokens(module: path, sessions: 1, timeout: .seconds(1))
    }
    #expect(error?.code == .badModule)
  }

  @Test("a token that is taken away is said so, and works again once it is back")
  func lost() async throws {
    let key = try Self.key("pkcs11:token=wxpay;object=first")
    let token = try Self.made.get().token
    try token.disconnect()
    let failure = await #expect(throws: SigningFailure.self) {
      try await key.signature(of: [1])
    }
    #expect(failure?.reason == .unavailable)
    #expect(key.problem?.contains("token") == true)
    try token.reconnect()
    let signature = try await Self.untilItSigns(key)
    #expect(try Self.made.get().keys[0].publicKey.isValid(signature: signature, for: [1]))
    #expect(key.problem == nil)
  }

  /// The library is started anew at most once a second.
  private static func untilItSigns(_ key: TokenKey) async throws -> [UInt8] {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      if let signature = try? await key.signature(of: [1]) { return signature }
      await Task.yield()
    }
    return try await key.signature(of: [1])
  }
}
