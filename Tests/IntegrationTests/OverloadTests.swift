// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("More than the gateway can take", .timeLimit(.minutes(5)))
struct OverloadTests {
  @Test("beyond the requests that may be inside, 503 at once; those inside are answered")
  func full() async throws {
    let deployment = try await Deployment(
      .publicKey(
        server: "max_requests = 16\nrequest_timeout = \"60s\"",
        upstream: "timeout = \"60s\"\nretries = 0"))
    let simulator = try ListenAddress.parse(deployment.simulatorAddress)
    let gate = Happening()
    let server = try ScriptedServer { connection in
      while let request = connection.readRequest() {
        gate.waitOnThread()
        guard connection.relay(request, to: simulator) else { return }
      }
    }
    try await deployment.reconfigure(upstream: server.origin)
    async let inside = deployment.uploads(0..<16, "in", atOnce: 16)
    while server.requests.count < 16 { await Task.yield() }

    for answer in try await deployment.uploads(0..<100, "out", atOnce: 20) {
      #expect(answer.status == 503 && answer.code == "OVERLOADED")
      #expect(answer.outcome == "not_sent" && answer.headers["Retry-After"] == "1")
    }
    #expect(server.requests.count == 16)
    #expect(try await deployment.metric("requests_in_flight") == 16)
    gate.happen()
    #expect(try await inside.allSatisfy { $0.status == 200 })
    #expect(try await deployment.uploads(0..<4, "out", atOnce: 1).allSatisfy { $0.status == 200 })
    await deployment.stop()
  }

  /// Connections that ten thousand clients hold open, each doing its part of nothing.
  private static let clients =
    ProcessInfo.processInfo.environment["CONNECTIONS"].flatMap(Int.init) ?? 10_000

  /// What each of them may take: a buffer of 10 KB, what the program knows of it, and 14 KB more for
  /// a build without optimization. The sanitizers keep memory that was freed.
  #if ADDRESS_SANITIZER || THREAD_SANITIZER
    private static let bytes = 1 << 20
  #else
    private static let bytes = 26 << 10
  #endif

  @Test(
    "ten thousand idle, slow and deaf clients take bounded memory, and others are served",
    .enabled("needs more file descriptors: ulimit -n 25000") {
      descriptorLimit() > clients + 1000
    })
  func crowd() async throws {
    let deployment = try await Deployment(
      .init(server: "max_connections = 12000\nread_timeout = \"300s\"\nrequest_timeout = \"60s\""))
    #expect(try await deployment.upload(["A"], number: "n").status == 200)
    let before = try residentBytes(of: deployment.gateway.processIdentifier)
    let address = try ListenAddress.parse(deployment.address)
    let clients = try await ScriptedSocket.offPool {
      try Crowd(of: Self.clients, at: address)
    }
    while try await deployment.metric("connections") ?? 0 < Double(Self.clients) {
      await Task.yield()
    }
    for number in 0..<20 {
      var answer: Answer
      // While the answers that nobody reads are made, the gateway may be full for a moment.
      repeat {
        answer = try await deployment.upload(["A\(number)"], number: "a-\(number)")
      } while answer.code == "OVERLOADED"
      #expect(answer.status == 200)
    }
    let grown = try residentBytes(of: deployment.gateway.processIdentifier) - before
    #expect(grown < Self.clients * Self.bytes, "\(grown / Self.clients) bytes for each connection")
    clients.leave()
    while try await deployment.metric("connections") ?? 0 > 100 { await Task.yield() }
    #expect(try await deployment.upload(["B"], number: "m").status == 200)
    #expect(await deployment.stop() == 0)
  }

  @Test("running out of file descriptors loses no request, and ends when there are some again")
  func descriptors() async throws {
    let deployment = try await Deployment()
    #expect(try await deployment.upload(["A"], number: "n").status == 200)
    let process = deployment.gateway.processIdentifier
    let limited = try openDescriptors(of: process) + 20
    try limit("nofile", of: process, to: "\(limited)")
    let address = try ListenAddress.parse(deployment.address)
    async let answers = withThrowingTaskGroup(of: ScriptedSocket.Response.self) { group in
      for number in 0..<100 {
        group.addTask {
          let body = #"{"coupon_code_list":["D\#(number)"],"upload_request_no":"d-\#(number)"}"#
          return try await ScriptedSocket.offPool {
            let socket = try ScriptedSocket(connectingTo: address, within: .seconds(120))
            try socket.send(
              """
              POST \(Deployment.uploadPath) HTTP/1.1\r\nHost: gateway\r\n\
              Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
              """)
            return try socket.response()
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    while try openDescriptors(of: process) < limited { await Task.yield() }
    try limit("nofile", of: process, to: "\(descriptorLimit())")
    for answer in try await answers {
      let json = try JSONValue(parsing: answer.body)
      // With no descriptor for a connection to WeChat Pay there is nothing sent.
      #expect(answer.status == 200 || json["outcome"] == "not_sent", "\(answer.text)")
    }
    for number in 0..<100 {
      let answer = try await deployment.upload(["D\(number)"], number: "d-\(number)")
      #expect(answer.status == 200, "\(answer.json)")
      #expect(try await deployment.timesDone("d-\(number)") == 1)
    }
    #expect(await deployment.stop() == 0)
  }
}

/// Clients that keep their connections open: a third sends nothing, a third sends half a request,
/// a third sends requests and never reads the answers.
private final class Crowd: @unchecked Sendable {
  // Sendable: made on one thread and given to one task afterwards.
  private var sockets: [ScriptedSocket] = []

  init(of count: Int, at address: ListenAddress) throws {
    let half = Array(
      """
      POST \(Deployment.uploadPath) HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n\
      Content-Length: 1000\r\n\r\n{"coupon_code_list":["A
      """.utf8)
    let unread = Array(
      String(repeating: "GET /v3/nothing HTTP/1.1\r\nHost: gateway\r\n\r\n", count: 20).utf8)
    for index in 0..<count {
      let socket = try ScriptedSocket(
        connectingTo: address, receiveBuffer: 1024, within: .seconds(200))
      switch index % 3 {
      case 0: break
      case 1: _ = try socket.sendUntilBroken(half)
      default: _ = try socket.sendUntilBroken(unread)
      }
      sockets.append(socket)
    }
  }

  func leave() { sockets = [] }
}

private func descriptorLimit() -> Int {
  var limit = rlimit()
  _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  if limit.rlim_cur < limit.rlim_max {
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
  return Int(clamping: limit.rlim_cur)
}

private func openDescriptors(of process: Int32) throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
}

private func residentBytes(of process: Int32) throws -> Int {
  let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
  let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
  return try #require(line.split(separator: " ").dropLast().last.flatMap { Int($0) }) << 10
}
