// SPDX-License-Identifier: Apache-2.0
import Cryptography
import Foundation
import JSON
import TestSupport
import Testing

/// `wxpay-gateway check` on configurations that are wrong in one way each.
@Suite("check", .timeLimit(.minutes(3)))
struct CheckTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try makeCredentials(in: folder.file("merchant"), of: "1900000001")
  }

  private static let merchant = """
    [[merchant]]
    id = "1900000001"
    certificate = "file:merchant/apiclient_cert.pem"
    private_key = "file:merchant/apiclient_key.pem"
    api_v3_key = "file:merchant/api_v3_key"

    """

  /// What `check --format json` says of a configuration with `rest` behind its server and documents.
  private func check(
    server: String = "127.0.0.1:0", store: String = "memory:", _ rest: String = Self.merchant,
    _ arguments: String..., environment: [String: String] = [:]
  ) async throws -> CheckAnswer {
    let file = try folder.write(
      """
      [server]
      listen = "\(server)"
      [admin]
      listen = "127.0.0.1:0"
      [api]
      documents = ["\(Repository.path("apis/busifavor.openapi.yaml"))"]
      [upstream]
      url = "http://127.0.0.1:9"
      [store]
      url = "\(store)"
      \(rest)
      """, to: "gateway.conf")
    return try await CheckAnswer(
      ["check", "--config", file, "--format", "json"] + arguments, environment: environment)
  }

  /// A certificate of the merchant's key.
  private func certificate(
    subject: String = "1900000001", days: ClosedRange<Int64>, to name: String
  ) throws {
    let key = try RSAPrivateKey(pem: folder.read("merchant/apiclient_key.pem"))
    let now = Int64(Date().timeIntervalSince1970)
    let certificate = try Certificate.selfSigned(
      CertificateContents(
        commonName: subject, notBefore: now + days.lowerBound * 86_400,
        // An hour more, so that the days left are the same whole number however long a test takes.
        notAfter: now + days.upperBound * 86_400 + 3600), key: key)
    _ = try folder.write(certificate.pem, to: name)
  }

  @Test("a good configuration is told with its hash, operations, merchants and callers")
  func good() async throws {
    let answer = try await check()
    #expect(answer.status == 0 && answer.document["valid"] == true)
    #expect(answer.mistakes.isEmpty && answer.warnings.isEmpty)
    #expect(answer.document["sha256"]?.stringValue?.count == 64)
    #expect(answer.document["merchants"] == ["1900000001"])
    #expect(answer.document["callers"] == [])
    #expect(answer.document["operations"]?.arrayValue?.contains("uploadCouponCodes") == true)
  }

  @Test("a mistake has file, line, column, key, message and remedy")
  func shape() async throws {
    let answer = try await check(Self.merchant + "[policies.rate_limit]\nrat = 5\n")
    #expect(answer.status == 1 && answer.document["valid"] == false)
    let mistake = try #require(answer.mistakes.first)
    #expect(
      mistake == [
        "file": .string(folder.file("gateway.conf")), "line": 17, "column": 1,
        "key": "policies.rate_limit.rat", "message": "is not a known key",
        "remedy": "did you mean \"rate\"?",
      ])
  }

  @Test("an expired certificate is a mistake, one that expires soon a warning")
  func validity() async throws {
    try certificate(days: -10 ... -1, to: "merchant/expired.pem")
    try certificate(days: -10...9, to: "merchant/soon.pem")
    let expired = try await check(
      Self.merchant.replacing("apiclient_cert.pem", with: "expired.pem"))
    #expect(expired.status == 1)
    #expect(expired.says("merchant[0].certificate", "has expired on"))
    let soon = try await check(Self.merchant.replacing("apiclient_cert.pem", with: "soon.pem"))
    #expect(soon.status == 0)
    #expect(soon.warns("merchant[0].certificate", "expires in 9 days"))
  }

  @Test("a gateway starts with one merchant's expired certificate, and says so in its log")
  func serveWithExpired() async throws {
    try certificate(days: -10 ... -1, to: "merchant/expired.pem")
    _ = try await check(Self.merchant.replacing("apiclient_cert.pem", with: "expired.pem"))
    let program = try ChildProgram(
      "wxpay-gateway", ["serve", "--config", folder.file("gateway.conf")])
    let line = try #require(await program.line(containing: "\"listening\""))
    #expect(JSONValue.isObject(line))
    let warning = try #require(program.lines.first { $0.contains("has expired") })
    #expect(JSONValue.isObject(warning))
    program.signal(SIGTERM)
    #expect(await program.end() == 0)
  }

  @Test("a certificate of another merchant is a mistake")
  func owner() async throws {
    try certificate(subject: "1900000009", days: -10...100, to: "merchant/foreign.pem")
    let answer = try await check(
      Self.merchant.replacing("apiclient_cert.pem", with: "foreign.pem"))
    #expect(answer.status == 1)
    #expect(
      answer.says("merchant[0].certificate", "is for the merchant 1900000009, not for 1900000001"))
  }

  @Test(
    "wrong credentials are told once each",
    arguments: [
      ("apiclient_key.pem", "other.pem", "merchant[0].private_key", "is not the key of"),
      ("apiclient_key.pem", "open.pem", "merchant[0].private_key", "can be read by others"),
      ("apiclient_key.pem", "none.pem", "merchant[0].private_key", "there is no file"),
      ("apiclient_cert.pem", "garbage", "merchant[0].certificate", "is not a certificate"),
      ("api_v3_key\"\n", "garbage\"\n", "merchant[0].api_v3_key", "has exactly 32"),
    ])
  func credentials(old: String, new: String, key: String, message: String) async throws {
    try makeCredentials(in: folder.file("second"), of: "1900000001")
    _ = try folder.write(try folder.read("second/apiclient_key.pem"), to: "merchant/other.pem")
    _ = try folder.write(
      try folder.read("merchant/apiclient_key.pem"), to: "merchant/open.pem", mode: 0o644)
    _ = try folder.write("garbage", to: "merchant/garbage")
    let answer = try await check(Self.merchant.replacing(old, with: new))
    #expect(answer.status == 1)
    #expect(answer.mistakes.count == 1)
    #expect(answer.says(key, message))
  }

  @Test("callers with the same token, and of unknown merchants and operations, are mistakes")
  func callers() async throws {
    let token = "abcdefghijklmnopqrst"
    let answer = try await check(
      Self.merchant + """
        [[caller]]
        name = "a"
        token = "env:TOKEN"
        merchants = ["1900000002"]
        operations = ["uploadCuponCodes"]
        [[caller]]
        name = "b"
        token = "sha256:\(SHA256.hex(Array(token.utf8)))"
        merchants = ["*"]
        """, environment: ["TOKEN": token])
    #expect(answer.status == 1 && answer.mistakes.count == 3)
    #expect(answer.says("caller[0].merchants[0]", "no [[merchant]] has this id"))
    #expect(answer.says("caller[0].operations", "is no operation"))
    #expect(answer.mistakes.contains { $0["remedy"] == "did you mean \"uploadCouponCodes\"?" })
    #expect(answer.says("caller[1].token", "leads to the token of a"))
  }

  @Test("an address that another program has is a mistake")
  func taken() async throws {
    let socket = try ScriptedServer { _ in }
    defer { socket.stop() }
    let answer = try await check(server: "127.0.0.1:\(socket.port)")
    #expect(answer.status == 1)
    #expect(answer.says("server.listen", "it is in use"))
  }

  @Test("where a value is wrong, what would stand there by default is not looked at")
  func defaults() async throws {
    _ = try folder.write("not a folder", to: "state")
    let answer = try await check(store: "sqlight:x")
    #expect(answer.mistakes.count == 1 && answer.says("store.url", "is not the address of a store"))
  }

  @Test("an address of another machine, and a socket where it cannot be, are mistakes")
  func addresses() async throws {
    let foreign = try await check(
      server: "192.0.2.1:8080",
      Self.merchant + """
        [[caller]]
        name = "a"
        token = "env:TOKEN"
        merchants = ["*"]
        """, environment: ["TOKEN": "abcdefghijklmnopqrst"])
    #expect(foreign.says("server.listen", "no interface has this address"))
    let nowhere = try await check(server: "unix:absent/gateway.sock")
    #expect(nowhere.says("server.listen", "its folder does not exist"))
    let file = try await check(server: "unix:merchant/api_v3_key")
    #expect(file.says("server.listen", "is not a socket"))
  }

  @Test("the addresses and the store of a running gateway are no mistakes in its own configuration")
  func running() async throws {
    let listener = "unix:gateway.sock"
    _ = try await check(server: listener, store: "sqlite:state.db")
    let text = String(decoding: try folder.read("gateway.conf"), as: UTF8.self)
    let file = try folder.write(
      text.replacing("127.0.0.1:0", with: "unix:admin.sock"), to: "gateway.conf")
    let gateway = try ChildProgram("wxpay-gateway", ["serve", "--config", file])
    try #require(await gateway.line(containing: "\"listening\"") != nil, "\(gateway.lines)")
    let answer = try await CheckAnswer(["check", "--config", file, "--format", "json"])
    #expect(answer.status == 0)
    #expect(answer.warns("server.listen", "is used by the gateway that runs now"))
    #expect(answer.warns("admin.listen", "is used by the gateway that runs now"))
    gateway.signal(SIGTERM)
    #expect(await gateway.end() == 0)
  }

  @Test("a store that is another file, or cannot be made, is a mistake; nothing is made")
  func store() async throws {
    let other = try await check(store: "sqlite:merchant/apiclient_cert.pem")
    #expect(other.status == 1 && other.says("store.url", "is not an SQLite database"))
    let under = try await check(store: "sqlite:merchant/api_v3_key/state.db")
    #expect(under.status == 1 && under.says("store.url", "cannot be opened"))
    #expect(try await check(store: "sqlite:new/folder/state.db").status == 0)
    #expect(!FileManager.default.fileExists(atPath: folder.file("new")))
  }

  @Test("online, the platform certificates of every merchant are verified and the clocks compared")
  func online() async throws {
    let deployment = try await Deployment()
    let configuration = deployment.folder.file("gateway.conf")
    let answer = try await CheckAnswer([
      "check", "--config", configuration, "--format", "json", "--online",
    ])
    #expect(answer.status == 0)
    let online = answer.document["online"]
    #expect(online?["clock_skew_seconds"]?.intValue.map { abs($0) <= 2 } == true)
    #expect(
      online?["merchants"]?.arrayValue?.first?["certificates"]?.arrayValue?.first?["serial_no"]?
        .stringValue?.isEmpty == false)

    // WeChat Pay has another APIv3 key of this merchant.
    _ = try deployment.folder.write(String(repeating: "x", count: 32), to: "wrong_key")
    let text = String(decoding: try deployment.folder.read("gateway.conf"), as: UTF8.self)
    let wrong = try deployment.folder.write(
      text.replacing("merchant/api_v3_key", with: "wrong_key"), to: "wrong.conf")
    let refused = try await CheckAnswer([
      "check", "--config", wrong, "--format", "json", "--online",
    ])
    #expect(refused.status == 1)
    #expect(refused.says("merchant[0].id", "WeChat Pay could not be asked for certificates"))
    #expect(try await CheckAnswer(["check", "--config", wrong, "--format", "json"]).status == 0)
    await deployment.stop()
  }
}

/// What `check --format json` printed, and how it ended.
struct CheckAnswer {
  let status: Int32
  let document: JSONValue

  init(_ arguments: [String], environment: [String: String] = [:]) async throws {
    let program = try ChildProgram("wxpay-gateway", arguments, environment: environment)
    status = await program.end()
    let line = try #require(program.lines.first, "\(program.lines)")
    document = try JSONValue(parsing: Array(line.utf8))
  }

  var mistakes: [JSONValue] { document["mistakes"]?.arrayValue ?? [] }
  var warnings: [JSONValue] { document["warnings"]?.arrayValue ?? [] }

  /// Whether a mistake at `key` says `text` and what to do.
  func says(_ key: String, _ text: String) -> Bool { Self.say(mistakes, key, text) }
  func warns(_ key: String, _ text: String) -> Bool { Self.say(warnings, key, text) }

  private static func say(_ findings: [JSONValue], _ key: String, _ text: String) -> Bool {
    findings.contains {
      $0["key"]?.stringValue == key && $0["message"]?.stringValue?.contains(text) == true
        && $0["remedy"]?.stringValue?.isEmpty == false
    }
  }
}

extension JSONValue {
  fileprivate static func isObject(_ line: String) -> Bool {
    (try? JSONValue(parsing: Array(line.utf8)))?.objectValue != nil
  }
}
