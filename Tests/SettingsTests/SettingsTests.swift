// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import TestSupport
import Testing

@testable internal import Settings

@Suite("Settings")
struct SettingsTests {
  @Test("what is not written has the documented default")
  func defaults() throws {
    let fixture = try Fixture()
    let reading = fixture.read(Fixture.text)
    #expect(reading.mistakes.isEmpty)
    #expect(reading.warnings.isEmpty)
    let settings = try #require(reading.settings)

    let server = settings.server
    #expect(server.listen.description == "127.0.0.1:8080")
    #expect(server.threads == 0)
    #expect(server.maxConnections == 4096)
    #expect(server.maxRequests == 2048)
    #expect(server.maxBodyBytes == 65536)
    #expect(server.readTimeout == .seconds(10))
    #expect(server.requestTimeout == .seconds(15))
    #expect(server.drainTimeout == .seconds(20))
    #expect(!server.serverTiming)
    #expect(server.tls == nil)
    #expect(settings.admin.listen.description == "127.0.0.1:9090")
    #expect(settings.api.documents == [fixture.folder.file("api.yaml")])
    #expect(settings.upstream.url.description == "https://api.mch.weixin.qq.com")
    #expect(settings.upstream.backupURL == nil)
    #expect(settings.upstream.connectTimeout == .seconds(2))
    #expect(settings.upstream.timeout == .seconds(8))
    #expect(settings.upstream.retries == 2)
    #expect(settings.upstream.caFile == nil)
    #expect(settings.store.url == .sqlite(path: fixture.folder.file("state/gateway.db")))
    #expect(settings.store.onStoreFailure == .forward)
    #expect(
      settings.policies.chain == [.authenticate, .validate, .rateLimit, .deduplicate])
    let limit = RateLimit(
      rate: 100, per: .seconds(1), burst: 100, maxWait: .zero, adaptive: true)
    #expect(settings.policies.rateLimit == RateLimitSettings(mode: .enforce, limit: limit))
    #expect(
      settings.policies.deduplicate == DeduplicateSettings(mode: .enforce, ttl: .seconds(604_800)))
    #expect(settings.policies.authenticate.mode == .enforce)
    #expect(settings.policies.validate.mode == .enforce)
    #expect(settings.merchants.map(\.id) == ["1900000001"])
    #expect(settings.merchants.map(\.rateLimit) == [limit])
    #expect(settings.callers.isEmpty)
  }

  @Test("every key can be written and is read")
  func everyKey() throws {
    let fixture = try Fixture()
    let reading = fixture.read(
      """
      [server]
      listen = "0.0.0.0:80"
      threads = 3
      max_connections = 5
      max_requests = 6
      max_body_bytes = 7
      read_timeout = "1s"
      request_timeout = "2s"
      drain_timeout = "0s"
      server_timing = true
      tls = { certificate = "file:cert.pem", private_key = "file:key.pem", client_ca = "file:cert.pem" }
      [admin]
      listen = "[::1]:91"
      [log]
      level = "warning"
      format = "text"
      access_sampling = 10
      audit = "file:logs/audit"
      [api]
      documents = ["api.yaml"]
      [upstream]
      url = "http://127.0.0.1:9999"
      backup_url = "http://localhost:9997/"
      connect_timeout = "100ms"
      timeout = "3s"
      retries = 0
      ca_file = "file:cert.pem"
      [store]
      url = "memory:"
      on_store_failure = "reject"
      [policies]
      chain = ["validate", "authenticate"]
      [policies.authenticate]
      mode = "enforce"
      [policies.validate]
      mode = "observe"
      [policies.rate_limit]
      mode = "observe"
      rate = 10
      per = "1m"
      burst = 20
      max_wait = "1s"
      adaptive = false
      [policies.deduplicate]
      mode = "observe"
      ttl = "7d"
      [[merchant]]
      id = "1900000001"
      certificate = "file:cert.pem"
      private_key = "file:key.pem"
      api_v3_key = "env:V3"
      wechatpay_public_key = { id = "PUB_KEY_ID_0119", file = "file:cert.pem" }
      rate_limit = { rate = 5 }
      [[caller]]
      name = "coupon-service"
      token = "sha256:00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"
      merchants = ["1900000001"]
      operations = ["upload", "query"]
      [[caller]]
      name = "other"
      token = "env:V3"
      merchants = ["*"]
      """, environment: ["V3": "0123456789abcdef0123456789ABCDEF"])
    #expect(reading.mistakes.isEmpty)
    let settings = try #require(reading.settings)
    let path = fixture.folder.file("cert.pem")
    let certificate = SecretReference(.file(path: path), kind: .document)
    let key = SecretReference(.file(path: fixture.folder.file("key.pem")), kind: .privateKey)

    #expect(settings.server.listen == .ipv4([0, 0, 0, 0], port: 80))
    #expect(settings.server.threads == 3)
    #expect(settings.server.maxConnections == 5)
    #expect(settings.server.maxRequests == 6)
    #expect(settings.server.maxBodyBytes == 7)
    #expect(settings.server.readTimeout == .seconds(1))
    #expect(settings.server.requestTimeout == .seconds(2))
    #expect(settings.server.drainTimeout == .zero)
    #expect(settings.server.serverTiming)
    #expect(
      settings.server.tls
        == TLSSettings(certificate: certificate, privateKey: key, clientCA: certificate))
    #expect(settings.admin.listen.description == "[::1]:91")
    #expect(settings.log.level == .warning && settings.log.format == .text)
    #expect(settings.log.accessSampling == 10)
    #expect(settings.log.audit == fixture.folder.file("logs/audit"))
    #expect(settings.upstream.url.description == "http://127.0.0.1:9999")
    #expect(settings.upstream.backupURL?.description == "http://localhost:9997")
    #expect(settings.upstream.connectTimeout == .milliseconds(100))
    #expect(settings.upstream.timeout == .seconds(3))
    #expect(settings.upstream.retries == 0)
    #expect(settings.upstream.caFile == path)
    #expect(settings.store == StoreSettings(url: .memory, onStoreFailure: .reject))
    #expect(settings.policies.chain == [.validate, .authenticate])
    #expect(settings.policies.validate.mode == .observe)
    #expect(
      settings.policies.rateLimit
        == RateLimitSettings(
          mode: .observe,
          limit: RateLimit(
            rate: 10, per: .seconds(60), burst: 20, maxWait: .seconds(1), adaptive: false)))
    #expect(
      settings.policies.deduplicate
        == DeduplicateSettings(mode: .observe, ttl: .seconds(7 * 86_400)))

    let merchant = try #require(settings.merchants.first)
    #expect(merchant.key == .pem(certificate: certificate, privateKey: key, passphrase: nil))
    #expect(merchant.apiV3Key == SecretReference(.environment(name: "V3"), kind: .text))
    #expect(
      merchant.wechatpayPublicKey
        == WeChatPayPublicKeySettings(id: "PUB_KEY_ID_0119", file: certificate))
    #expect(
      merchant.rateLimit
        == RateLimit(rate: 5, per: .seconds(60), burst: 5, maxWait: .seconds(1), adaptive: false))

    #expect(settings.callers.map(\.name) == ["coupon-service", "other"])
    let digest: [UInt8] = (0...15).map { $0 * 0x11 }
    #expect(settings.callers.first?.tokens == [.sha256(digest + digest)])
    #expect(settings.callers.map(\.merchants) == [.only(["1900000001"]), .all])
    #expect(settings.callers.map(\.operations) == [.only(["upload", "query"]), .all])
  }

  @Test(
    "a burst that is not written is the same as the rate written beside it",
    arguments: [
      ("", 100, 100), ("rate = 7", 7, 7), ("burst = 9", 100, 9), ("rate = 7\nburst = 9", 7, 9),
    ])
  func burst(written: String, rate: Int, burst: Int) throws {
    let reading = try Fixture().read("[policies.rate_limit]\n\(written)\n" + Fixture.text)
    let limit = try #require(reading.settings).policies.rateLimit.limit
    #expect(limit.rate == rate)
    #expect(limit.burst == burst)
  }

  @Test("load gives the settings, or throws every mistake")
  func load() throws {
    let fixture = try Fixture()
    let good = try fixture.folder.write(Fixture.text, to: "good.conf")
    #expect(try GatewaySettings.load(path: good).merchants.count == 1)
    let bad = try fixture.folder.write("[server]\nthread = 1\n" + Fixture.api, to: "bad.conf")
    let error = #expect(throws: SettingsMistakes.self) { try GatewaySettings.load(path: bad) }
    #expect(error?.mistakes.map(\.keyPath) == ["merchant", "server.thread"])
    #expect(
      error?.description.hasSuffix(
        "bad.conf:2:1: server.thread: is not a known key; did you mean \"threads\"?") == true)
  }

  @Test("a file that is missing, or no file, is told with what to do")
  func unreadable() throws {
    let fixture = try Fixture()
    for path in [fixture.folder.file("absent.conf"), fixture.folder.path] {
      let reading = GatewaySettings.read(path: path)
      #expect(reading.settings == nil)
      #expect(reading.mistakes.map(\.file) == [path])
      #expect(reading.mistakes.allSatisfy { !$0.remedy.isEmpty })
    }
  }

  @Test("with mistakes, what is right can still be read for further checks")
  func partial() throws {
    let fixture = try Fixture()
    let reading = fixture.read(
      "[server]\nthreads = -1\nmax_connections = 9\n" + Fixture.text
        + "[[merchant]]\nid = \"2\"\n")
    let settings = try #require(reading.settings)
    #expect(settings.server.threads == 0)
    #expect(settings.server.maxConnections == 9)
    #expect(settings.merchants.map(\.id) == ["1900000001"])
  }
}

extension Fixture {
  fileprivate func read(_ text: String, environment: [String: String]) -> SettingsReading {
    var copy = self
    copy.environment = environment
    return copy.read(text)
  }
}
