// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import HTTP
internal import JSON
internal import TestSupport
internal import Testing

@testable internal import Simulator

@Suite struct ConfigurationTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    _ = try folder.write(try TestKeys.shared.get().merchantCertificate.pem, to: "cert.pem")
    _ = try folder.write("0123456789abcdef0123456789ABCDEF\n", to: "key")
  }

  private func read(_ text: String, environment: [String: String] = [:]) throws
    -> SimulatorConfiguration
  {
    try SimulatorConfiguration.load(
      path: folder.write(text, to: "simulator.json"), environment: environment)
  }

  private func mistakes(_ text: String) throws -> [String] {
    do {
      _ = try read(text)
      return []
    } catch let error as ConfigurationMistakes {
      return error.mistakes
    }
  }

  @Test(
    "a key is taken from a file, the environment or the text itself",
    arguments: ["file:key", "env:KEY", "0123456789abcdef0123456789ABCDEF"])
  func keys(source: String) throws {
    let text =
      #"{"merchants":[{"mchid":"1900000001","certificate":"cert.pem","api_v3_key":"\#(source)"}]}"#
    let settings = try read(text, environment: ["KEY": "0123456789abcdef0123456789ABCDEF"])
    #expect(settings.merchants.map(\.id) == ["1900000001"])
    #expect(settings.merchants.first?.certificates.count == 1)
  }

  @Test("what is said is what is used, and the rest has defaults")
  func whole() throws {
    let settings = try read(
      """
      {"listen":"127.0.0.1:0","control":"[::1]:0",
       "merchants":[{"mchid":"1900000001","certificate":["cert.pem","file:cert.pem"],"api_v3_key":"file:key"}],
       "platform":{"folder":"p","public_key_id":"PUB_KEY_ID_1","signs_with":"alternating"},
       "batches":[{"stock_id":"98065001","upload_limit":7},{"stock_id":"2","coupon_code_mode":"WECHATPAY_MODE"}],
       "limits":{"uploads_per_batch":9,"requests_per_second":5,"codes_per_second":6,"journal":3}}
      """)
    #expect(settings.control.description == "[::1]:0")
    #expect(settings.platform.folder == folder.file("p"))
    #expect(settings.platform.mode == .alternating)
    #expect(settings.limits.requestsPerSecond == 5)
    #expect(settings.limits.codesPerSecond == 6)
    #expect(settings.limits.journal == 3)
    let books = settings.makeBooks(now: Fixture.start)
    #expect(books.batches["98065001"]?.pool.uploadLimit == 7)
    #expect(books.batches["98065001"]?.owner == "1900000001")
    #expect(books.batches["2"]?.pool.uploadLimit == 9)
    #expect(books.batches["2"]?.codeMode == .wechatPay)
  }

  @Test("every mistake is told at once, each with its place")
  func allMistakes() throws {
    let told = try mistakes(
      """
      {"listen":"0.0.0.0:1","control":"nowhere","colour":1,
       "merchants":[{"mchid":1,"certificate":"none.pem","api_v3_key":"short"}],
       "platform":{"certificates":false,"signs_with":"nobody"},
       "batches":[{"stock_id":"","merchant":"9"},{}],"limits":{"journal":-1}}
      """)
    let places = told.map { $0.replacing(folder.path + "/", with: "").prefix { $0 != ":" } }
    #expect(
      places == [
        "simulator.json/colour", "simulator.json/listen", "simulator.json/control",
        "simulator.json/merchants/0/mchid", "simulator.json/merchants/0/certificate",
        "simulator.json/merchants/0/api_v3_key", "simulator.json/platform/public_key_id",
        "simulator.json/platform/signs_with", "simulator.json/batches/0/stock_id",
        "simulator.json/batches/0/merchant", "simulator.json/batches/1/stock_id",
        "simulator.json/limits/journal",
      ])
  }

  @Test("no file, no JSON, no merchant", arguments: ["", "{", "[]", "{}", #"{"merchants":[]}"#])
  func nothing(text: String) throws {
    #expect(try !mistakes(text).isEmpty)
  }

  @Test("a secret that is too short is not echoed")
  func secrecy() throws {
    let told = try mistakes(
      #"{"merchants":[{"mchid":"1900000001","certificate":"cert.pem","api_v3_key":"swordfish"}]}"#)
    #expect(told.count == 1)
    #expect(!told.joined().contains("swordfish"))
  }
}
