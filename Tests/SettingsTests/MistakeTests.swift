// SPDX-License-Identifier: Apache-2.0
internal import TestSupport
import Testing

@testable internal import Settings

@Suite("Mistakes in gateway.conf")
struct MistakeTests {
  @Test("all mistakes are told at once, in the order of the file")
  func allAtOnce() throws {
    let fixture = try Fixture()
    let text = """
      [server]
      listen = "8080"
      max_conections = 10
      threads = "4"
      read_timeout = 10
      drain_timeout = "2 hours"
      [upstream]
      url = "http://api.mch.weixin.qq.com"
      retries = 11
      [store]
      url = "mysql://localhost"
      on_store_failure = "ignore"
      [policies]
      chain = ["validate", "ratelimit", "validate"]
      [policies.rate_limit]
      rate = 1.5
      brust = 7
      [polices]
      [api]
      documents = ["absent.yaml"]
      """
    #expect(
      fixture.mistakes(text) == [
        "0 merchant: no merchant is configured; add a [[merchant]]",
        "2 server.listen: has no port; write HOST:PORT, [IPV6]:PORT or unix:PATH",
        "3 server.max_conections: is not a known key; did you mean \"max_connections\"?",
        "4 server.threads: is a string; it must be an integer from 0 to 1024; "
          + "write digits without quotes",
        "5 server.read_timeout: is an integer; it must be a duration such as \"10s\", "
          + "from \"10ms\" to \"10m\"; write it as a string, in quotes",
        "6 server.drain_timeout: is \"2 hours\", which is not a duration; "
          + "write a number and a unit of ms, s, m, h or d, such as \"10s\"",
        "8 upstream.url: is http, which is accepted for loopback addresses only; use https",
        "9 upstream.retries: is 11; it must be an integer from 0 to 10; write 10 or less",
        "11 store.url: is not the address of a store; "
          + "write \"memory:\", \"sqlite:PATH\" or \"redis://HOST:PORT/DB\"",
        "12 store.on_store_failure: is \"ignore\"; it must be one of \"forward\", \"reject\"; "
          + "write one of these",
        "14 policies.chain[1]: is \"ratelimit\"; it must be one of \"authenticate\", "
          + "\"validate\", \"rate_limit\", \"deduplicate\"; did you mean \"rate_limit\"?",
        "16 policies.rate_limit.rate: is a decimal number; "
          + "it must be an integer from 1 to 1000000; write digits without quotes",
        "17 policies.rate_limit.brust: is not a known key; did you mean \"burst\"?",
        "18 polices: is not a known key; did you mean \"policies\"?",
        "20 api.documents[0]: there is no file absent.yaml; "
          + "paths are relative to the folder of the configuration file",
      ])
  }

  @Test(
    "one mistake is told with its line, its key path and a remedy",
    arguments: [
      (
        "[server]\nrate = 1\n",
        "2 server.rate: is not a known key; it belongs into [policies.rate_limit]"
      ),
      ("[store]\nthreads = 1\n", "2 store.threads: is not a known key; it belongs into [server]"),
      ("[admin]\nport = 1\n", "2 admin.port: is not a known key; known here: listen"),
      ("retries = 1\n", "1 retries: is not a known key; it belongs into [upstream]"),
      (
        "[store]\nlisten = \"x\"\n",
        "2 store.listen: is not a known key; known here: url, password, on_store_failure"
      ),
      ("server = 1\n", "1 server: is an integer; a table is expected; write [server]"),
      (
        "[policies]\nchain = [\"validate\", \"validate\"]\n",
        "2 policies.chain: lists \"validate\" twice; remove one of them"
      ),
      (
        "[policies]\nchain = \"validate\"\n",
        "2 policies.chain: is a string; it must be a list of policies: \"authenticate\", "
          + "\"validate\", \"rate_limit\", \"deduplicate\"; put it into [ and ]"
      ),
      (
        "[policies.validate]\nmode = \"observed\"\n",
        "2 policies.validate.mode: is \"observed\"; it must be one of \"enforce\", \"observe\"; "
          + "did you mean \"observe\"?"
      ),
      (
        "[policies.cache]\nmode = \"enforce\"\n",
        "1 policies.cache: is not a known key; known here: chain, authenticate, validate, "
          + "rate_limit, deduplicate"
      ),
      (
        "[server]\nserver_timing = \"yes\"\n",
        "2 server.server_timing: is a string; it must be true or false; write it without quotes"
      ),
      (
        "[server]\nread_timeout = \"0s\"\n",
        "2 server.read_timeout: is \"0s\"; it must be from \"10ms\" to \"10m\"; "
          + "write \"10ms\" or more"
      ),
      (
        "[server]\nlisten = \"0.0.0.0:8080\"\n",
        "2 server.listen: is 0.0.0.0:8080, which others can reach, but there is no [[caller]]; "
          + "add a [[caller]], or listen on 127.0.0.1, [::1] or a unix socket"
      ),
      (
        "[server]\nlisten = \"unix:g.sock\"\n[admin]\nlisten = \"unix:g.sock\"\n",
        "4 admin.listen: is unix:g.sock, which is also server.listen; choose another port"
      ),
      (
        "[upstream]\nurl = \"http://localhost:1\"\nbackup_url = \"http://localhost:1/\"\n",
        "3 upstream.backup_url: is the same as url; name another host or remove the line"
      ),
      (
        "[upstream]\nca_file = \"file:ca.pem\"\n",
        "2 upstream.ca_file: there is no file ca.pem; "
          + "paths are relative to the folder of the configuration file"
      ),
      (
        "[server]\ntls = { certificate = \"file:cert.pem\" }\n",
        "2 server.tls.private_key: is missing; "
          + "write private_key = …, \"file:PATH\" or \"env:NAME\""
      ),
    ])
  func one(text: String, expected: String) throws {
    #expect(try Fixture().mistakes(text + Fixture.text) == [expected])
  }

  @Test(
    "a merchant's mistake names the merchant's table",
    arguments: [
      (
        "id = 1900000002\n",
        "id: is an integer; it must be the merchant's number (mchid), "
          + "1 to 32 letters or digits; write it as a string, in quotes"
      ),
      (
        "id = \"19 00\"\n",
        "id: is \"19 00\"; it must be the merchant's number (mchid), "
          + "1 to 32 letters or digits; write it like that"
      ),
      ("id = \"1900000001\"\n", "id: is the same as in merchant[0] in line 3; give each its own"),
      (
        "",
        "id: is missing; write id = …, the merchant's number (mchid), "
          + "1 to 32 letters or digits"
      ),
      (
        "id = \"2\"\nrate_limit = { rate = 0 }\n",
        "rate_limit.rate: is 0; it must be an integer from 1 to 1000000; write 1 or more"
      ),
      (
        "id = \"2\"\nrate_limit = { mode = \"observe\" }\n",
        "rate_limit.mode: is not a known key; known here: rate, per, burst, max_wait, adaptive"
      ),
      (
        "id = \"2\"\nwechatpay_public_key = { id = \"0119\", file = \"file:cert.pem\" }\n",
        "wechatpay_public_key.id: is \"0119\"; it must be the key's id from the merchant platform, "
          + "\"PUB_KEY_ID_\" and letters or digits; "
          + "write it like that"
      ),
    ])
  func merchant(text: String, expected: String) throws {
    let rest = """
      certificate = "file:cert.pem"
      private_key = "file:key.pem"
      api_v3_key = "file:v3"

      """
    let mistakes = try Fixture().mistakes(Fixture.text + "[[merchant]]\n" + rest + text)
    #expect(mistakes.map { $0.drop { $0 != " " } } == [" merchant[1].\(expected)"])
  }

  @Test("a merchant needs an APIv3 key or a WeChat Pay public key")
  func answersCanBeVerified() throws {
    let fixture = try Fixture()
    let without = Fixture.text.replacing("api_v3_key = \"file:v3\"\n", with: "")
    #expect(
      fixture.mistakes(without) == [
        "3 merchant[0].api_v3_key: is missing; "
          + "write api_v3_key = \"file:PATH\" or \"env:NAME\", or a wechatpay_public_key"
      ])
    let key = "wechatpay_public_key = { id = \"PUB_KEY_ID_1\", file = \"file:cert.pem\" }\n"
    #expect(fixture.mistakes(without + key).isEmpty)
  }

  @Test(
    "a caller's mistake names the caller's table",
    arguments: [
      (
        "merchants = [\"1900000001\"]", "merchants = [\"1900000002\"]",
        "merchants[0]: is \"1900000002\", but no [[merchant]] has this id; "
          + "did you mean \"1900000001\"?"
      ),
      (
        "merchants = [\"1900000001\"]", "merchants = []",
        "merchants: is empty; it must be a list of ids of merchants, or [\"*\"] for all; write at least one"
      ),
      (
        "merchants = [\"1900000001\"]", "",
        "merchants: is missing; write merchants = …, a list of ids of merchants, "
          + "or [\"*\"] for all"
      ),
      (
        "\"coupon-service\"", "\"coupon service\"",
        "name: is \"coupon service\"; it must be 1 to 64 letters, digits, \"-\", \"_\" or \".\"; "
          + "write it like that"
      ),
      (
        "env:TOKEN", "env:NO_TOKEN",
        "token: the environment variable NO_TOKEN is not set; "
          + "set it where the gateway is started, or use \"file:PATH\""
      ),
      (
        "env:TOKEN", "sha256:1234",
        "token: is not a SHA-256 digest; write \"sha256:\" and 64 hexadecimal digits: "
          + "printf %s TOKEN | sha256sum"
      ),
      (
        "name = \"coupon-service\"", "name = \"x\"\nscope = 1",
        "scope: is not a known key; known here: name, token, certificates, users, "
          + "merchants, operations, rate_limit"
      ),
    ])
  func caller(part: String, replacement: String, expected: String) throws {
    let text = Fixture.text + Fixture.caller.replacing(part, with: replacement)
    let mistakes = try Fixture().mistakes(text)
    #expect(mistakes.map { $0.drop { $0 != " " } } == [" caller[0].\(expected)"])
  }

  @Test(
    "a caller needs something to be recognized by, and can be recognized by it",
    arguments: [
      (
        "", "",
        "8 caller[0].token: is missing; write token = \"env:NAME\", certificates = [\"CN=NAME\"] or "
          + "users = [\"NAME\"], by which the caller is recognized"
      ),
      (
        "[server]\nlisten = \"unix:s\"\n", "users = [\"no-such-user\"]",
        "12 caller[0].users[0]: is \"no-such-user\", but this machine has no such user; "
          + "write the name of a user that exists, or its number without quotes"
      ),
      (
        "[server]\nlisten = \"unix:s\"\n", "users = [4294967295]",
        "12 caller[0].users[0]: is 4294967295, which is no user's number; "
          + "write a number from 0 to 4294967294, or a name"
      ),
      (
        "", "token = []",
        "10 caller[0].token: is empty; it must be a list of \"file:PATH\", \"env:NAME\" or "
          + "\"sha256:HEX\"; write at least one"
      ),
      (
        "", "token = \"env:TOKEN\"\nrate_limit = { per = \"1m\" }",
        "11 caller[0].rate_limit.rate: is missing; write rate = …, an integer from 1 to 1000000"
      ),
      (
        "[server]\nlisten = \"unix:s\"\nsocket = { mode = \"0888\" }\n", "users = [0]",
        "3 server.socket.mode: is \"0888\", which is not a file's permissions; "
          + "write \"0660\" for owner and group, or \"0666\" for everyone"
      ),
    ])
  func recognition(server: String, written: String, expected: String) throws {
    let caller = Fixture.caller.replacing("token = \"env:TOKEN\"", with: written)
    #expect(try Fixture().mistakes(server + Fixture.text + caller) == [expected])
  }

  @Test(
    "what nobody can show, and a socket that is not listened on, give a warning",
    arguments: [
      (
        "", "certificates = [\"CN=a\"]",
        "10 caller[0].certificates: is written, but callers are not asked for certificates; "
          + "write client_ca into server.tls, or remove it"
      ),
      (
        "", "users = [0]",
        "10 caller[0].users: is written, but only who connects to a unix socket can be recognized by "
          + "its user; write listen = \"unix:PATH\" into [server], or remove it"
      ),
      (
        "[server]\nsocket = { mode = \"0660\" }\n", "token = \"env:TOKEN\"",
        "2 server.socket: is about a unix socket, but listen is 127.0.0.1:8080; "
          + "remove it, or write listen = \"unix:PATH\""
      ),
    ])
  func ineffective(server: String, written: String, expected: String) throws {
    let fixture = try Fixture()
    let caller = Fixture.caller.replacing("token = \"env:TOKEN\"", with: written)
    #expect(fixture.mistakes(server + Fixture.text + caller).isEmpty)
    #expect(fixture.warnings(server + Fixture.text + caller) == [expected])
  }

  @Test(
    "what is no rule for certificates is refused",
    arguments: ["coupon-service", "dns:", "CN=", "=x", "sha256:12", "CN=a,", ""])
  func certificateRules(_ rule: String) throws {
    let server = """
      [server]
      tls = { certificate = "file:cert.pem", private_key = "file:key.pem", client_ca = "file:cert.pem" }

      """
    let caller = Fixture.caller.replacing(
      "token = \"env:TOKEN\"", with: "certificates = [\"CN=b\", \"\(rule)\"]")
    let mistakes = try Fixture().mistakes(server + Fixture.text + caller)
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.hasPrefix("12 caller[0].certificates[1]: is \"\(rule)\"") == true)
  }

  @Test("an address that others can reach without TLS gives a warning")
  func unencrypted() throws {
    let fixture = try Fixture()
    let text = "[server]\nlisten = \"0.0.0.0:80\"\n"
    let tls = "tls = { certificate = \"file:cert.pem\", private_key = \"file:key.pem\" }\n"
    #expect(
      fixture.warnings(text + Fixture.text + Fixture.caller) == [
        "2 server.listen: is 0.0.0.0:80, and tokens cross the network without encryption; "
          + "write tls into [server], or listen behind a proxy of this machine"
      ])
    #expect(fixture.warnings(text + tls + Fixture.text + Fixture.caller).isEmpty)
  }

  @Test("two callers may share neither a name nor a token")
  func callersDiffer() throws {
    #expect(
      try Fixture().mistakes(Fixture.text + Fixture.caller + Fixture.caller) == [
        "13 caller[1].name: is the same as in caller[0] in line 8; give each its own",
        "14 caller[1].token: is the same as in caller[0] in line 8; give each its own",
      ])
  }

  @Test("a merchant whose id cannot be read does not make its callers look wrong")
  func noFollowingMistakes() throws {
    let text = Fixture.text.replacing("\"1900000001\"", with: "1900000001") + Fixture.caller
    #expect(try Fixture().mistakes(text).count == 1)
  }

  @Test("an address that others can reach needs callers, and a chain that checks them")
  func publicListener() throws {
    let listen = "[server]\nlisten = \"0.0.0.0:80\"\n"
    let fixture = try Fixture()
    #expect(fixture.mistakes(listen + Fixture.text + Fixture.caller).isEmpty)
    let chain = "[policies]\nchain = [\"validate\"]\n"
    #expect(
      fixture.mistakes(listen + chain + Fixture.text + Fixture.caller) == [
        "4 policies.chain: has no \"authenticate\", but others can reach 0.0.0.0:80; "
          + "add \"authenticate\", or listen on 127.0.0.1, [::1] or a unix socket"
      ])
  }

  @Test(
    "callers that are configured but not checked on loopback give a warning",
    arguments: ["[policies]\nchain = []\n", "[policies.authenticate]\nmode = \"observe\"\n"])
  func unchecked(policies: String) throws {
    let fixture = try Fixture()
    let text = policies + Fixture.text + Fixture.caller
    #expect(fixture.mistakes(text).isEmpty)
    #expect(fixture.warnings(text).count == 1)
  }

  @Test(
    "text that is not TOML is told with its line",
    arguments: [
      ("[server\n", 1), ("[server]\na = 1\na = 2\n", 3), ("a = \"\n", 1), ("[a]\n\n= 1", 3),
      ("\n[=a]\n", 2),
      ("\u{0}", 1),
    ])
  func syntax(text: String, line: Int) throws {
    let reading = try Fixture().read(text)
    #expect(reading.settings == nil)
    #expect(reading.mistakes.count == 1)
    #expect(reading.mistakes.first?.line == line)
    #expect(reading.mistakes.first?.message.hasPrefix("is not TOML: ") == true)
  }
}
