// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("Gateways that share a Redis store", .timeLimit(.minutes(3)))
struct SharedStoreTests {
  private static func options(_ redis: RedisServer, rest: String = "") -> Deployment.Options {
    .init(
      server: "request_timeout = \"2s\"", store: "\(redis.url)\"\n\(rest)#",
      files: ["redis_password": "a password of Redis\n"])
  }

  @Test("a number in flight at one gateway is sent once, and answered by the other with its answer")
  func sharing() async throws {
    let redis = try RedisServer(["--requirepass", "a password of Redis"])
    let deployment = try await Deployment(
      Self.options(redis, rest: "password = \"file:redis_password\"\n"))
    let second = try await SecondGateway(beside: deployment)
    try await deployment.misbehave(["kind": "delay", "milliseconds": 500])
    async let first = deployment.upload(["A"], number: "n")
    while try await deployment.callsReceived() < 1 { await Task.yield() }
    let other = try await second.upload(["B"], number: "n")
    #expect(other.status == 422 && other.code == "REQUEST_NUMBER_REUSED")
    let joined = try await second.upload(["A"], number: "n")
    let leader = try await first
    #expect(leader.status == 200 && !leader.isReplayed)
    #expect(joined.isReplayed && joined.body == leader.body)
    #expect(try await deployment.callsReceived() == 1)

    // Not both send what comes to both at once.
    for number in 0..<20 {
      async let here = deployment.upload(["C\(number)"], number: "c-\(number)")
      async let there = second.upload(["C\(number)"], number: "c-\(number)")
      let answers = try await [here, there]
      #expect(answers.allSatisfy { $0.status == 200 } && answers[0].body == answers[1].body)
      #expect(answers.count(where: \.isReplayed) == 1)
    }
    deployment.gateway.signal(SIGKILL)
    _ = await deployment.gateway.end()
    try await deployment.restart()
    for number in 0..<20 {
      #expect(try await deployment.upload(["C\(number)"], number: "c-\(number)").isReplayed)
    }
    #expect(try await deployment.callsReceived() == 21)
    #expect(try await deployment.metric("store_entries{state=\"answered\"}") == 21)
    await second.stop()
    await deployment.stop()
  }

  @Test("what a gateway had in flight when it died is sent again, as recovered, after its lease")
  func death() async throws {
    let redis = try RedisServer()
    let deployment = try await Deployment(Self.options(redis))
    let second = try await SecondGateway(beside: deployment)
    try await deployment.misbehave(["kind": "no_answer", "milliseconds": 5000])
    async let lost = deployment.upload(["A"], number: "n")
    while try await deployment.callsReceived() < 1 { await Task.yield() }
    deployment.gateway.signal(SIGKILL)
    _ = await deployment.gateway.end()
    _ = try? await lost
    let waiting = try await second.upload(["A"], number: "n")
    #expect(waiting.status == 504 && waiting.code == "UPSTREAM_TIMEOUT")
    #expect(waiting.outcome == "unknown" && waiting.headers["Retry-After"] != nil)
    #expect(try await deployment.callsReceived() == 1)
    try redis.jump(to: 120)
    let answer = try await second.upload(["A"], number: "n")
    #expect(answer.status == 200 && answer.isRecovered)
    await second.stop()
    await deployment.stop()
  }

  @Test(
    "without its Redis a gateway forwards or answers 503, as configured, and finds back to it",
    arguments: ["forward", "reject"])
  func outage(onFailure: String) async throws {
    let redis = try RedisServer()
    let deployment = try await Deployment(
      Self.options(redis, rest: "on_store_failure = \"\(onFailure)\"\n"))
    let first = try await deployment.upload(["A"], number: "n")
    #expect(first.status == 200)
    redis.kill()
    for number in 0..<5 {
      let answer = try await deployment.upload(["B\(number)"], number: "b-\(number)")
      if onFailure == "forward" {
        #expect(answer.status == 200)
      } else {
        #expect(answer.status == 503 && answer.code == "OVERLOADED" && answer.outcome == "not_sent")
      }
    }
    #expect(try await deployment.metric("store_errors_total{code=\"unavailable\"}") ?? 0 >= 5)
    let ready = try await deployment.readiness()
    #expect(ready.status == 200)
    #expect("\(ready.json["warnings"] ?? .null)".contains("Connection refused"))
    try redis.restart()
    var again = try await deployment.upload(["A"], number: "n")
    // Not known at once that it is back; what is sent meanwhile has the same content.
    while !again.isReplayed { again = try await deployment.upload(["A"], number: "n") }
    #expect(again.body == first.body)
    #expect(await deployment.stop() == 0)
  }

  @Test("check and the start say what is wrong with the server, and never the password")
  func mistakes() async throws {
    let redis = try RedisServer(["--requirepass", "something else"])
    let folder = try TemporaryFolder()
    try makeCredentials(in: folder.file("merchant"), of: "1900000001")
    _ = try folder.write("a password of Redis\n", to: "redis_password")
    func check(_ store: String) async throws -> String {
      let file = try folder.write(
        """
        server.listen = "127.0.0.1:0"
        admin.listen = "127.0.0.1:0"
        upstream.url = "http://127.0.0.1:9"
        api.documents = ["\(Repository.path("apis/busifavor.openapi.yaml"))"]
        [store]
        \(store)
        [[merchant]]
        id = "1900000001"
        certificate = "file:merchant/apiclient_cert.pem"
        private_key = "file:merchant/apiclient_key.pem"
        api_v3_key = "file:merchant/api_v3_key"
        """, to: "gateway.conf")
      let words = try await Command(
        ChildProgram.path(of: "wxpay-gateway").path, ["check", "--config", file])().output
      #expect(!words.contains("a password of Redis") && !words.contains("something else"))
      return words
    }
    let url = "url = \"\(redis.url)\"\n"
    #expect(try await check(url).contains("NOAUTH"))
    #expect(try await check(url + "password = \"file:redis_password\"").contains("WRONGPASS"))
    #expect(try await check(url + "password = \"hunter2\"").contains("store.password"))
    #expect(
      try await check("url = \"memory:\"\npassword = \"file:redis_password\"")
        .contains("is not asked for by a store in a file or in memory"))
    try redis.command(
      "--no-auth-warning", "-a", "something else", "CONFIG", "SET", "requirepass", "")
    #expect(try await check(url).contains("no mistakes"))
    try redis.command("CONFIG", "SET", "appendfsync", "everysec")
    #expect(try await check(url).contains("appendfsync is not always"))
    redis.kill()
    // A gateway that runs may read the configuration all the same.
    let words = try await check(url)
    #expect(words.contains("Connection refused") && words.contains("no mistakes"))
  }

  @Test("a gateway that starts before its Redis waits for it")
  func order() async throws {
    let redis = try RedisServer()
    let deployment = try await Deployment(Self.options(redis))
    #expect(try await deployment.upload(["A"], number: "n").status == 200)
    deployment.gateway.signal(SIGTERM)
    _ = await deployment.gateway.end()
    redis.kill()
    let next = try ChildProgram(
      "wxpay-gateway", ["serve", "--config", deployment.folder.file("gateway.conf")])
    let waiting = try #require(await next.line(containing: "waiting for the store"))
    #expect(waiting.contains("Connection refused"))
    try redis.restart()
    #expect(await next.line(containing: "\"listening\"") != nil)
    next.signal(SIGTERM)
    #expect(await next.end() == 0)
    await deployment.stop()
  }
}

/// Another gateway with the same configuration, on ports of its own.
private struct SecondGateway {
  private let running: Deployment.Running
  private let deployment: Deployment

  init(beside deployment: Deployment) async throws {
    self.deployment = deployment
    running = try await Deployment.Running(
      configuration: deployment.folder.file("gateway.conf"), environment: [:])
  }

  func upload(_ codes: [String], number: String) async throws -> Answer {
    try await deployment.upload(codes, number: number, at: running.address)
  }

  func stop() async {
    running.gateway.signal(SIGTERM)
    _ = await running.gateway.end()
  }
}
