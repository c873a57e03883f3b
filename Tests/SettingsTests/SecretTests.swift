// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import Foundation
internal import TestSupport
import Testing

@testable internal import Settings

@Suite("Secrets")
struct SecretTests {
  /// What must not show up in any message, in the shapes that people paste.
  static let pasted = [
    "0123456789abcdef0123456789ABCDEF", "12345678901234567890123456789012",
    "sk_live_0123456789", "env:my secret password", "env:-1234567890",
    "-----BEGIN PRIVATE KEY-----",
    "/etc/keys/merchant.pem",
  ]

  @Test("a secret written into the file is refused and not repeated", arguments: pasted)
  func literal(secret: String) throws {
    let fixture = try Fixture()
    for (key, reference) in [
      ("private_key", "file:key.pem"), ("api_v3_key", "file:v3"), ("token", "env:TOKEN"),
      ("certificate", "file:cert.pem"),
    ] {
      let text = (Fixture.text + Fixture.caller).replacing(
        "\(key) = \"\(reference)\"", with: "\(key) = \"\(secret)\"")
      let mistakes = fixture.read(text).mistakes
      #expect(mistakes.map(\.keyPath.lastComponent) == [key])
      #expect(!mistakes.description.contains(secret))
      #expect(mistakes.allSatisfy { $0.remedy.contains("file:PATH") })
    }
  }

  @Test("a secret written without quotes or half quoted is not repeated either", arguments: pasted)
  func unquoted(secret: String) throws {
    for written in [secret, "\"\(secret)", "'\(secret)", "\"\(secret)\" x", "[\(secret)"] {
      let text = "[[merchant]]\napi_v3_key = \(written)\n"
      let mistakes = try Fixture().read(text).mistakes
      #expect(!mistakes.isEmpty)
      #expect(!mistakes.description.contains(secret))
    }
  }

  @Test(
    "a private key that others can read is refused",
    arguments: [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o610, false)])
  func privateKeyMode(mode: Int, isAccepted: Bool) throws {
    let fixture = try Fixture()
    _ = try fixture.folder.write("x", to: "key.pem", mode: mode)
    let octal = String(mode, radix: 8)
    #expect(
      fixture.mistakes(Fixture.text)
        == (isAccepted
          ? []
          : [
            "6 merchant[0].private_key: key.pem can be read by others (mode \(octal)); "
              + "run: chmod 600 key.pem"
          ]))
  }

  @Test(
    "a file of root's may be readable by the group that lets the gateway's own user read it",
    arguments: [
      (0o600, 0, 0, false), (0o640, 0, 0, true), (0o640, 0, 990, false), (0o440, 0, 990, false),
      (0o644, 0, 990, true), (0o660, 0, 990, true), (0o604, 0, 990, true), (0o640, 990, 990, true),
      (0o400, 990, 990, false),
    ])
  func groupOfRoot(mode: Int, owner: Int, user: Int, isOpen: Bool) {
    let access = FileAccess(mode: UInt32(mode), owner: UInt32(owner))
    #expect(access.isOpenToOthers(gatewayUser: UInt32(user)) == isOpen)
    #expect(access.belongsToAnother(gatewayUser: UInt32(user)) == (owner != 0 && owner != user))
  }

  @Test("what opens a key is as secret as the key, whichever way a file is named")
  func openedByOthers() throws {
    let fixture = try Fixture()
    _ = try fixture.folder.write("secret", to: "open", mode: 0o644)
    try FileManager.default.createSymbolicLink(
      atPath: fixture.folder.file("link"), withDestinationPath: "open")
    for (key, rest) in [
      ("private_key_passphrase", "certificate = \"file:cert.pem\"\nprivate_key = \"file:key.pem\""),
      ("pkcs12_password", "pkcs12 = \"file:key.pem\""), ("pkcs12", ""),
    ] {
      for name in ["open", "link"] {
        let text =
          Fixture.api + "[[merchant]]\nid = \"1900000001\"\napi_v3_key = \"file:v3\"\n\(rest)\n"
          + "\(key) = \"file:\(name)\"\n"
        let mistakes = fixture.mistakes(text)
        #expect(mistakes.count == 1)
        #expect(mistakes.allSatisfy { $0.contains("\(key): \(name) can be read by others") })
      }
    }
  }

  @Test("another secret that others can read gives a warning")
  func secretMode() throws {
    let fixture = try Fixture()
    _ = try fixture.folder.write("0123456789abcdef0123456789ABCDEF", to: "v3", mode: 0o644)
    _ = try fixture.folder.write("public", to: "cert.pem", mode: 0o644)
    #expect(fixture.mistakes(Fixture.text).isEmpty)
    #expect(
      fixture.warnings(Fixture.text) == [
        "7 merchant[0].api_v3_key: v3 can be read by others (mode 644); run: chmod 600 v3"
      ])
  }

  @Test(
    "an APIv3 key has exactly 32 bytes, without the line end of its file",
    arguments: [(31, 31), (32, nil), (33, 33), (0, 0)])
  func apiV3Key(length: Int, reported: Int?) throws {
    let fixture = try Fixture()
    _ = try fixture.folder.write(String(repeating: "k", count: length) + "\r\n", to: "v3")
    let mistakes = fixture.read(Fixture.text).mistakes.map(\.message)
    switch reported {
    case nil: #expect(mistakes.isEmpty)
    case 0?: #expect(mistakes.count == 1 && mistakes[0].hasSuffix("v3 is empty"))
    case let count?:
      #expect(mistakes == ["leads to \(count) bytes; an APIv3 key has exactly 32"])
    }
  }

  @Test("a token that no header can carry is refused", arguments: ["two words", "tab\t", "令牌"])
  func token(value: String) throws {
    var fixture = try Fixture()
    fixture.environment["TOKEN"] = value
    let mistakes = fixture.read(Fixture.text + Fixture.caller).mistakes
    #expect(mistakes.map(\.keyPath) == ["caller[0].token"])
    #expect(!mistakes.description.contains(value))
  }

  @Test("a variable that is not set or empty is told apart")
  func variables() throws {
    var fixture = try Fixture()
    fixture.environment["TOKEN"] = ""
    #expect(
      fixture.mistakes(Fixture.text + Fixture.caller) == [
        "10 caller[0].token: the environment variable TOKEN is empty; put the secret into it"
      ])
    fixture.environment["TOKEN"] = nil
    #expect(fixture.mistakes(Fixture.text + Fixture.caller).count == 1)
  }

  @Test("only the last line end of a text is left out, and none of a document's")
  func lineEnds() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a\n\r\n", to: "secret")
    let text = SecretReference(.file(path: path), kind: .text)
    #expect(try text.resolve().unprotectedCopy() == Array("a\n".utf8))
    let document = SecretReference(.file(path: path), kind: .document)
    #expect(try document.resolve().unprotectedCopy() == Array("a\n\r\n".utf8))
    let variable = SecretReference(.environment(name: "X"), kind: .text)
    #expect(
      try variable.resolve(environment: Environment(["X": "b\n"])).unprotectedCopy()
        == Array("b".utf8))
  }

  @Test("a private key is refused too when its file's mode changes after the start")
  func modeChangesLater() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("key", to: "key.pem", mode: 0o600)
    let reference = SecretReference(.file(path: path), kind: .privateKey)
    #expect(try reference.resolve().unprotectedCopy() == Array("key".utf8))
    _ = try folder.write("key", to: "key.pem", mode: 0o644)
    #expect(throws: SecretProblem.self) { try reference.resolve() }
  }

  @Test("a folder and a device are not taken for a file", arguments: ["/tmp", "/dev/zero"])
  func notAFile(path: String) {
    let reference = SecretReference(.file(path: path), kind: .document)
    let problem = #expect(throws: SecretProblem.self) { try reference.resolve() }
    #expect(problem?.message == "\(path) is not a regular file")
  }
}

extension String {
  fileprivate var lastComponent: String {
    split(separator: ".").last.map(String.init) ?? self
  }
}
