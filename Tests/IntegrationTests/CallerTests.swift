// SPDX-License-Identifier: Apache-2.0
import Cryptography
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("Who may call", .timeLimit(.minutes(2)))
struct CallerTests {
  private static func digest(_ token: String) -> String {
    "sha256:\(SHA256.hex(Array(token.utf8)))"
  }

  private static let callers = """
    [[merchant]]
    id = "1900000002"
    certificate = "file:merchant/apiclient_cert.pem"
    private_key = "file:merchant/apiclient_key.pem"
    api_v3_key = "file:merchant/api_v3_key"
    [[caller]]
    name = "all"
    token = "\(digest("token-of-all"))"
    merchants = ["*"]
    operations = ["*"]
    [[caller]]
    name = "uploader"
    token = "\(digest("token-of-one"))"
    merchants = ["1900000001"]
    operations = ["uploadCouponCodes"]
    """

  /// A caller of everything, with more keys.
  private static func caller(_ name: String, _ keys: String) -> String {
    "[[caller]]\nname = \"\(name)\"\nmerchants = [\"*\"]\n\(keys)\n"
  }

  private static func bearer(_ token: String) -> Headers { ["Authorization": "Bearer \(token)"] }

  /// Puts other callers into the configuration and reloads it.
  private static func reload(
    _ deployment: Deployment, replacing old: String, with new: String, until line: String
  ) async throws {
    let file = deployment.folder.file("gateway.conf")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try #require(text.contains(old))
    try text.replacing(old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
    deployment.gateway.signal(SIGHUP)
    _ = try #require(await deployment.gateway.line(containing: line))
  }

  @Test("tokens, merchants and operations are held apart, and no token is logged")
  func permissions() async throws {
    let deployment = try await Deployment(.init(rest: Self.callers))
    func code(_ headers: Headers) async throws -> String {
      try await deployment.upload(["A1"], number: "n-1", headers: headers).code ?? "OK"
    }
    #expect(try await code([:]) == "UNAUTHENTICATED")
    #expect(try await code(["Authorization": "Bearer wrong-token"]) == "UNAUTHENTICATED")
    #expect(try await code(["Authorization": "Bearer token-of-all"]) == "MERCHANT_REQUIRED")
    #expect(
      try await code(["Authorization": "Bearer token-of-all", "X-Merchant-Id": "1900000001"])
        == "OK")
    #expect(try await code(["Authorization": "Bearer token-of-one"]) == "OK")
    let foreign: Headers = ["Authorization": "Bearer token-of-one", "X-Merchant-Id": "1900000002"]
    #expect(try await code(foreign) == "PERMISSION_DENIED")
    let operation = try await deployment.call(
      "GET", "/v3/marketing/busifavor/stocks/98065001",
      headers: ["Authorization": "Bearer token-of-one"])
    #expect(operation.status == 403)
    await deployment.stop()
    #expect(!deployment.gateway.lines.contains { $0.contains("token") })
  }

  @Test("a merchant that does not exist gets the same answer as one that the caller may not use")
  func unknownMerchants() async throws {
    let deployment = try await Deployment(.init(rest: Self.callers))
    var answers: Set<String> = []
    for merchant in ["1900000002", "1999999999"] {
      var headers = Self.bearer("token-of-one")
      headers["X-Merchant-Id"] = merchant
      headers["X-Request-Id"] = "same"
      var answer = try await deployment.upload(["A1"], number: "n-1", headers: headers)
      answer.headers["Date"] = nil
      answers.insert("\(answer.status) \(answer.headers.fields) \(answer.body)")
    }
    #expect(answers.count == 1)
    await deployment.stop()
  }

  @Test("a token is replaced by two reloads, and nobody is refused in between")
  func tokenRotation() async throws {
    let (old, new) = ("token = \"\(Self.digest("old"))\"", "token = \"\(Self.digest("new"))\"")
    let both = "token = [\"\(Self.digest("new"))\", \"\(Self.digest("old"))\"]"
    let deployment = try await Deployment(.init(rest: Self.caller("coupon-service", old)))
    func works(_ token: String) async throws -> Bool {
      try await deployment.upload(["A1"], number: "n-1", headers: Self.bearer(token)).status == 200
    }
    #expect(try await works("old"))
    #expect(try await !works("new"))
    try await Self.reload(deployment, replacing: old, with: both, until: "\"reloaded\"")
    #expect(try await works("old"))
    #expect(try await works("new"))
    // A line that only the second reload prints: it names the number of merchants differently.
    let merchant = """

      [[merchant]]
      id = "1900000002"
      certificate = "file:merchant/apiclient_cert.pem"
      private_key = "file:merchant/apiclient_key.pem"
      api_v3_key = "file:merchant/api_v3_key"

      """
    try await Self.reload(
      deployment, replacing: both, with: new + merchant, until: "\"reloaded\",\"merchants\":2")
    var headers = Self.bearer("new")
    headers["X-Merchant-Id"] = "1900000001"
    #expect(try await deployment.upload(["A1"], number: "n-1", headers: headers).status == 200)
    #expect(try await !works("old"))
    await deployment.stop()
  }

  @Test("a caller's own limit is told with its name, and leaves the merchant's quota alone")
  func callerLimit() async throws {
    let limited = Self.caller(
      "limited",
      "token = \"\(Self.digest("a"))\"\nrate_limit = { rate = 1, per = \"1h\", burst = 2 }")
    let free = Self.caller("free", "token = \"\(Self.digest("b"))\"")
    let deployment = try await Deployment(
      .init(
        policies: "[policies.rate_limit]\nrate = 1\nper = \"1h\"\nburst = 10", rest: limited + free)
    )
    for remaining in [1, 0] {
      let answer = try await deployment.upload(
        ["A\(remaining)"], number: "n-\(remaining)", headers: Self.bearer("a"))
      #expect(answer.status == 200)
      #expect(
        answer.headers["RateLimit-Policy"] == "\"merchant\";q=10;w=36000, \"caller\";q=2;w=7200")
      #expect(answer.headers["RateLimit"]?.contains("\"caller\";r=\(remaining);t=") == true)
    }
    for _ in 0..<3 {
      let refused = try await deployment.upload(["A2"], number: "n-2", headers: Self.bearer("a"))
      #expect(refused.status == 429)
      #expect(refused.json["message"]?.stringValue == "caller limited may call 1 times per hour")
      #expect(refused.headers["Retry-After"] != nil)
      #expect(refused.headers["RateLimit"]?.hasPrefix("\"merchant\";r=8;") == true)
    }
    let other = try await deployment.upload(["A3"], number: "n-3", headers: Self.bearer("b"))
    #expect(other.status == 200)
    #expect(other.headers["RateLimit"]?.hasPrefix("\"merchant\";r=7;") == true)
    #expect(other.headers["RateLimit"]?.contains("caller") == false)
    await deployment.stop()
  }

  @Test("a reload that would let everyone in on an address that others can reach is refused")
  func reloadWithoutCallers() async throws {
    let caller = Self.caller("coupon-service", "token = \"\(Self.digest("a"))\"")
    let deployment = try await Deployment(.init(listen: "0.0.0.0:0", rest: caller))
    for (old, new) in [
      (caller, ""), ("listen = \"0.0.0.0:0\" # data", "listen = \"127.0.0.1:0\" # data"),
    ] {
      try await Self.reload(
        deployment, replacing: old, with: new, until: "the new configuration is refused")
    }
    let answer = try await deployment.call(
      "GET", "/v3/marketing/busifavor/stocks/98065001",
      at: deployment.address.replacing("0.0.0.0", with: "127.0.0.1"))
    #expect(answer.status == 401)
    await deployment.stop()
    let refusals = deployment.gateway.lines.filter { $0.contains("configuration is refused") }
    #expect(refusals.count == 2)
    #expect(refusals.last?.contains("others can reach 0.0.0.0") == true)
  }

  /// Another user's process needs root to be started.
  @Test(
    "at a unix socket the kernel's word for the user is enough", .enabled(if: geteuid() == 0))
  func users() async throws {
    let folder = try TemporaryFolder()
    // Others may go through it to the socket.
    try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: folder.path)
    let socket = folder.file("gateway.sock")
    let rest =
      Self.caller("by-name", "users = [\"nobody\"]") + Self.caller("by-number", "users = [12]")
      + Self.caller("by-token", "token = \"\(Self.digest("a"))\"")
    let deployment = try await Deployment(
      .init(
        listen: "unix:\(socket)", server: "socket = { mode = \"0666\", group = \"daemon\" }",
        rest: rest))
    func answer(_ user: Int, _ options: [String] = []) async throws -> String {
      try await Command(
        "setpriv",
        [
          "--reuid", "\(user)", "--clear-groups", "curl", "--silent", "--unix-socket", socket,
          "--write-out", " %{http_code}", "--header", "Content-Type: application/json", "--data",
          "{\"coupon_code_list\":[\"U\(user)\"],\"upload_request_no\":\"u\(user)\"}",
          "http://gateway\(Deployment.uploadPath)",
        ] + options)().output
    }
    let nobody = Int(
      try Command("id", ["-u", "nobody"]).succeed().trimmingCharacters(in: .newlines))
    #expect(try await answer(try #require(nobody)).hasSuffix(" 200"))
    #expect(try await answer(12).hasSuffix(" 200"))
    let stranger = try await answer(13)
    #expect(stranger.hasSuffix(" 401"))
    #expect(stranger.contains("no caller has the user 13 of this connection"))
    #expect(try await answer(13, ["--header", "Authorization: Bearer a"]).hasSuffix(" 200"))
    let status = try await Command("stat", ["--format", "%a %G", socket])()
    #expect(status.output == "666 daemon\n")
    await deployment.stop()
    let lines = deployment.gateway.lines.filter { $0.contains("\"answered\"") }
    for caller in ["by-name", "by-number", "by-token"] {
      #expect(lines.contains { $0.contains("\"caller\":\"\(caller)\"") })
    }
  }
}
