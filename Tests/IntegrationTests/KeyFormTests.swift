// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite("Forms of a merchant's key", .timeLimit(.minutes(4)))
struct KeyFormTests {
  private static let passphrase = "correct horse battery"

  /// A folder with every form of one key, a token among them, and a gateway.conf without the key.
  private struct Keys {
    let folder: TemporaryFolder
    let token: SoftToken

    init() throws {
      folder = try TemporaryFolder()
      token = try SoftToken()
      try run(Repository.path("scripts/make-test-credentials"), folder.path, "1900000001")
      let open = ["-passout", "pass:\(passphrase)"]
      try openssl(["rsa", "-in", "apiclient_key.pem", "-traditional", "-out", "pkcs1.pem"])
      try openssl(
        ["pkcs8", "-topk8", "-in", "apiclient_key.pem", "-out", "pkcs8-encrypted.pem"] + open)
      try openssl(
        [
          "rsa", "-in", "apiclient_key.pem", "-traditional", "-aes256", "-out",
          "pkcs1-encrypted.pem",
        ]
          + open)
      let both = ["pkcs12", "-export", "-inkey", "apiclient_key.pem", "-in", "apiclient_cert.pem"]
      try openssl(both + ["-passout", "pass:1900000001", "-legacy", "-out", "usual.p12"])
      try openssl(both + ["-passout", "pass:\(passphrase)", "-out", "other.p12"])
      try openssl(["x509", "-in", "apiclient_cert.pem", "-noout", "-pubkey", "-out", "public.pem"])
      try openssl(["genrsa", "-out", "short.pem", "1024"])
      try openssl(["genrsa", "-out", "another.pem", "2048"])
      try openssl(
        ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "ec.pem"])
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o600], ofItemAtPath: folder.file(name))
      }
      _ = try folder.write(passphrase + "\n", to: "passphrase")
      _ = try folder.write("wrong-one\n", to: "wrong")
      _ = try folder.write(SoftToken.pin + "\n", to: "pin")
      try token.add(try folder.read("apiclient_key.pem"), label: "1900000001", id: "A1")
    }

    /// Runs a command of the gateway with the lines as the merchant's key.
    func gateway(_ command: String..., key: String) async throws -> (status: Int32, text: String) {
      let configuration = try folder.write(
        """
        [api]
        documents = ["\(Repository.path("apis/busifavor.openapi.yaml"))"]
        [pkcs11]
        module = "\(SoftToken.module)"
        [[merchant]]
        id = "1900000001"
        api_v3_key = "file:api_v3_key"
        \(key)
        """, to: "gateway.conf")
      let program = try ChildProgram(
        "wxpay-gateway", command + ["--config", configuration], environment: token.environment)
      let status = await program.end()
      return (status, program.lines.joined(separator: "\n"))
    }

    func openssl(_ arguments: [String]) throws { try run("openssl", arguments) }

    private func run(_ program: String, _ arguments: String...) throws {
      try run(program, arguments)
    }

    private func run(_ program: String, _ arguments: [String]) throws {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [program] + arguments
      process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0, "\(program) \(arguments)")
    }
  }

  private static func pem(_ file: String, _ opens: String? = nil) -> String {
    "certificate = \"file:apiclient_cert.pem\"\nprivate_key = \"file:\(file)\"\n"
      + (opens.map { "private_key_passphrase = \"file:\($0)\"\n" } ?? "")
  }

  private static func token(_ object: String, pin: String? = "pin") -> String {
    "certificate = \"file:apiclient_cert.pem\"\n"
      + "private_key = \"pkcs11:token=wxpay;object=\(object)\"\n"
      + (pin.map { "private_key_passphrase = \"file:\($0)\"\n" } ?? "")
  }

  @Test("every form signs what the openssl command verifies with the certificate's key")
  func forms() async throws {
    let keys = try Keys()
    for key in [
      Self.pem("apiclient_key.pem"), Self.pem("pkcs1.pem"),
      Self.pem("pkcs8-encrypted.pem", "passphrase"), Self.pem("pkcs1-encrypted.pem", "passphrase"),
      "pkcs12 = \"file:usual.p12\"",
      "pkcs12 = \"file:other.p12\"\npkcs12_password = \"file:passphrase\"",
      Self.token("1900000001"),
    ] {
      let check = try await keys.gateway("check", key: key)
      #expect(check.status == 0, "\(key)\n\(check.text)")
      let signed = try await keys.gateway("sign", "GET", "/v3/certificates", key: key)
      try #require(signed.status == 0, "\(key)\n\(signed.text)")
      func field(_ name: String) throws -> String {
        let parts = signed.text.components(separatedBy: "\(name)=\"")
        return try #require(parts.last?.components(separatedBy: "\"").first)
      }
      let message =
        "GET\n/v3/certificates\n\(try field("timestamp"))\n\(try field("nonce_str"))\n\n"
      _ = try keys.folder.write(message, to: "message")
      let signature = try #require(Data(base64Encoded: field("signature")))
      _ = try keys.folder.write(Array(signature), to: "signature")
      try keys.openssl([
        "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "message",
      ])
    }
  }

  @Test("check says what is wrong with a key and what to do, and shows no passphrase")
  func mistakes() async throws {
    let keys = try Keys()
    for (key, place, remedy) in [
      (Self.pem("pkcs8-encrypted.pem"), "private_key:", "write private_key_passphrase"),
      (Self.pem("pkcs8-encrypted.pem", "wrong"), "private_key:", "correct what private_key_pass"),
      (Self.pem("pkcs1-encrypted.pem", "wrong"), "private_key:", "correct what private_key_pass"),
      (Self.pem("short.pem"), "private_key:", "2048 bits"),
      (Self.pem("ec.pem"), "private_key:", "take the key"),
      (Self.pem("another.pem"), "private_key:", "from the same download"),
      (Self.pem("usual.p12"), "private_key:", "write pkcs12 instead"),
      (Self.pem("missing.pem"), "private_key:", "there is no file"),
      ("pkcs12 = \"file:other.p12\"", "pkcs12:", "correct what pkcs12_password"),
      ("pkcs12 = \"file:apiclient_key.pem\"", "pkcs12:", "name apiclient_cert.p12"),
      (Self.token("1900000002"), "private_key:", "correct object or id"),
      (Self.token("1900000001", pin: nil), "private_key:", "write private_key_passphrase"),
      (Self.token("1900000001", pin: "wrong"), "private_key_passphrase:", "correct what private"),
    ] {
      let check = try await keys.gateway("check", key: key)
      #expect(check.status == 1, "\(key)")
      #expect(check.text.contains(place) && check.text.contains(remedy), "\(key)\n\(check.text)")
      for secret in [Self.passphrase, "wrong-one", SoftToken.pin] {
        #expect(!check.text.contains(secret))
      }
    }
  }

  @Test("a passphrase that is not needed is pointed out")
  func unneeded() async throws {
    let check = try await Keys().gateway("check", key: Self.pem("pkcs1.pem", "passphrase"))
    #expect(check.status == 0)
    #expect(check.text.contains("private_key_passphrase") && check.text.contains("not encrypted"))
  }
}
