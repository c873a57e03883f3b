// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import HTTP
internal import TestSupport
import Testing

@testable internal import Settings

@Suite("gateway.conf and the definitions of its keys")
struct ExampleTests {
  /// The example at the top level of the repository.
  private static func example() throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(
      contentsOf: root.appendingPathComponent("gateway.conf"), encoding: .utf8)
  }

  /// The example with every key that stands in a comment switched on.
  private static func exampleWithComments() throws -> String {
    let lines = try example().split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { line -> Substring in
      guard let match = line.wholeMatch(of: /# (?:production: )?(\w+ = .*?|\[\[\w+\]\])(  .*)?/)
      else { return line }
      // Its other value stands in the next line; the commented one is for production.
      if line.contains("production: url") || line.contains("production: api_v3_key") { return line }
      return match.1
    }.joined(separator: "\n")
  }

  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for subfolder in ["apis", "certs", "tls"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(subfolder), withIntermediateDirectories: false)
    }
    for name in [
      "apis/busifavor.openapi.yaml", "certs/apiclient_cert.pem", "certs/apiclient_key.pem",
      "certs/pub_key.pem", "certs/apiclient_cert.p12", "certs/passphrase", "tls/cert.pem",
      "tls/key.pem", "tls/ca.pem", "ca.pem", "redis_password",
    ] {
      _ = try folder.write("x", to: name)
    }
    _ = try folder.write("0123456789abcdef0123456789abcdef\n", to: "certs/api_v3_key")
    return folder
  }

  private static func read(_ text: String, in folder: TemporaryFolder) -> SettingsReading {
    GatewaySettings.read(
      Array(text.utf8), path: folder.file("gateway.conf"),
      environment: Environment(["COUPON_SERVICE_TOKEN": "a-token", "HSM_PIN": "1234"]))
  }

  @Test("the example has no mistake and points to the simulator")
  func example() throws {
    let folder = try Self.folder()
    let reading = Self.read(try Self.example(), in: folder)
    #expect(reading.mistakes.isEmpty)
    #expect(reading.warnings.isEmpty)
    #expect(reading.settings?.upstream.url.description == "http://127.0.0.1:9999")
    #expect(reading.settings?.server.listen.isLocal == true)
  }

  @Test("the values that stand in its comments have no mistake either")
  func comments() throws {
    let folder = try Self.folder()
    let reading = Self.read(try Self.exampleWithComments(), in: folder)
    #expect(reading.mistakes.isEmpty)
    let settings = try #require(reading.settings)
    #expect(settings.callers.map(\.name) == ["coupon-service"])
    #expect(settings.server.tls != nil)
    #expect(settings.merchants.first?.wechatpayPublicKey != nil)
    #expect(settings.merchants.first?.rateLimit.rate == 20)
  }

  @Test(
    "it names every key there is, in its table", arguments: GatewaySettings.sections.map(\.path))
  func names(path: String) throws {
    let section = try #require(GatewaySettings.sections.first { $0.path == path })
    let root = try TOMLNode.parse(Array(Self.exampleWithComments().utf8))
    var node = root
    for part in path.split(separator: ".") {
      node = try #require(node[String(part)])
    }
    // Of repeated tables each shows another way to say it.
    let tables: [TOMLNode] =
      if section.isRepeated, case .array(let tables) = node.value { tables } else { [node] }
    for key in section.keys {
      #expect(tables.contains { $0[key.name] != nil }, "\(path).\(key.name) is not in gateway.conf")
    }
  }

  @Test("what is written there outside of comments is the default, but for the simulator's values")
  func valuesAreDefaults() throws {
    let folder = try Self.folder()
    let example = try #require(Self.read(try Self.example(), in: folder).settings)
    var minimal = try #require(
      Self.read(
        """
        [upstream]
        url = "http://127.0.0.1:9999"
        [[merchant]]
        id = "1900000001"
        certificate = "file:certs/apiclient_cert.pem"
        private_key = "file:certs/apiclient_key.pem"
        api_v3_key = "file:certs/api_v3_key"
        """, in: folder
      ).settings)
    minimal.merchants[0].line = try #require(example.merchants.first).line
    #expect(example == minimal)
  }

  @Test("every key has a text that a user can read, and its default is valid")
  func definitions() throws {
    for section in GatewaySettings.sections {
      #expect(section.text.hasSuffix("."))
      for key in section.keys {
        #expect(key.text.hasSuffix("."), "\(section.path).\(key.name)")
        #expect(!key.type.isEmpty)
        #expect(Set(section.keys.map(\.name)).count == section.keys.count)
      }
    }
    // Written out, all defaults together are a configuration that says what an empty one says.
    let defaults = GatewaySettings.sections.filter { !$0.isRepeated }.map { section in
      let keys = section.keys.compactMap { key in
        key.defaultText.map { "\(key.name) = \($0)" }
      }
      return "[\(section.path)]\n" + keys.joined(separator: "\n") + "\n"
    }.joined()
    let folder = try Self.folder()
    let written = Self.read(defaults, in: folder)
    #expect(written.mistakes.map(\.message) == ["no merchant is configured"])
    #expect(written.settings == Self.read("", in: folder).settings)
    #expect(written.settings != nil)
  }
}

extension TOMLNode {
  fileprivate subscript(name: String) -> TOMLNode? {
    guard case .table(let entries) = value else { return nil }
    return entries.first { $0.name == name }?.node
  }
}
