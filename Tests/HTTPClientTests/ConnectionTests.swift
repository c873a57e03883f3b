// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import HTTPClient
import TestSupport
import Testing

/// Kept-alive connections, many requests at once, cancellation and the end.
@Suite struct ConnectionTests {
  @Test("a kept connection that the server closed while it was idle is not used")
  func closedWhileIdle() async throws {
    let closed = Happening()
    let server = try ScriptedServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.answer(body: "\(connection.index)")
      guard connection.index == 0 else { return connection.waitForEnd() }
      connection.close()
      closed.happen()
    }
    let transport = try CurlTransport(configuration: .init(maximumIdleSeconds: 3600))
    #expect(try await transport.send(.post(server)).body == Array("0".utf8))
    await closed.wait()
    #expect(try await transport.send(.post(server)).body == Array("1".utf8))
    #expect(server.requests.count == 2)
    #expect(transport.statistics.connectionsMade == 2)
    await transport.close()
  }

  @Test(
    "a request that a kept connection broke under is never sent a second time",
    arguments: ["GET", "POST"], [false, true])
  func noSecondTry(method: String, isReset: Bool) async throws {
    let server = try ScriptedServer { connection in
      guard connection.readRequest() != nil else { return }
      connection.answer()
      guard connection.readRequest() != nil else { return }
      if isReset { connection.reset() } else { connection.close() }
    }
    let transport = try CurlTransport(configuration: .init(maximumIdleSeconds: 3600))
    var request = OutboundRequest.get(server)
    request.method = method
    if method == "POST" { request.body = Array("{}".utf8) }
    _ = try await transport.send(request)
    await #expect(throws: TransportFailure.self) {
      do throws(TransportFailure) {
        _ = try await transport.send(request)
      } catch {
        #expect(error.reason == .connectionLost)
        #expect(error.mayHaveBeenSent)
        throw error
      }
    }
    #expect(server.requests.count == 2)
    // The handle and the loop are as good as before.
    #expect(try await transport.send(request).status == 200)
    #expect(server.requests.count == 3)
    await transport.close()
  }

  @Test("a thousand requests are in flight at once")
  func thousand() async throws {
    raiseDescriptorLimit()
    let everyone = Happening()
    let server = try ScriptedServer { connection in
      while let request = connection.readRequest() {
        if request.header("X-Last") != nil { everyone.happen() }
        everyone.waitOnThread()
        connection.answer(body: String(decoding: request.body, as: UTF8.self))
      }
    }
    let transport = try CurlTransport(configuration: .init())
    let bodies = try await withThrowingTaskGroup(of: (String, [UInt8]).self) { group in
      for number in 0..<999 {
        group.addTask {
          ("\(number)", try await transport.send(.post(server, body: "\(number)")).body)
        }
      }
      // The last one opens the gate, once the others stand before it.
      while server.requests.count < 999 { await Task.yield() }
      group.addTask {
        ("999", try await transport.send(.post(server, body: "999", headers: ["X-Last": "1"])).body)
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = String(decoding: $1.1, as: UTF8.self) }
    }
    #expect(bodies.count == 1000)
    #expect(bodies.allSatisfy { $0.key == $0.value })
    #expect(server.connectionCount == 1000)
    await transport.close()
    #expect(transport.statistics.openConnections == 0)
  }

  @Test("requests over the limit are refused at once and not sent")
  func limit() async throws {
    let arrived = Happening()
    let go = Happening()
    let server = try ScriptedServer { connection in
      while connection.readRequest() != nil {
        arrived.happen()
        go.waitOnThread()
        connection.answer()
      }
    }
    let transport = try CurlTransport(configuration: .init(maximumInFlight: 1))
    async let first = transport.send(.post(server))
    await arrived.wait()
    await #expect(
      throws: TransportFailure(.connect, mayHaveBeenSent: false, detail: "1 requests are in flight")
    ) {
      try await transport.send(.post(server))
    }
    go.happen()
    #expect(try await first.status == 200)
    #expect(server.requests.count == 1)
    await transport.close()
  }

  @Test("a cancelled task gives its request up, and the connection is closed")
  func cancelled() async throws {
    let arrived = Happening()
    let gone = Happening()
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      arrived.happen()
      connection.waitForEnd()
      gone.happen()
    }
    let transport = try CurlTransport()
    let task = Task { try await transport.send(.post(server, timeout: .seconds(600))) }
    await arrived.wait()
    task.cancel()
    await #expect(
      throws: TransportFailure(.timeout, mayHaveBeenSent: true, detail: "given up by the caller")
    ) { try await task.value }
    await gone.wait()
    await transport.close()
  }

  @Test("a task that is cancelled before it sends does not hang")
  func cancelledBefore() async throws {
    let server = try ScriptedServer { $0.waitForEnd() }
    let transport = try CurlTransport()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await transport.send(.post(server, timeout: .seconds(600)))
    }
    task.cancel()
    await #expect(throws: TransportFailure.self) { try await task.value }
    await transport.close()
  }

  @Test("closing waits for the requests inside and refuses those after")
  func closing() async throws {
    let arrived = Happening()
    let go = Happening()
    let server = try ScriptedServer { connection in
      while connection.readRequest() != nil {
        arrived.happen()
        go.waitOnThread()
        connection.answer(body: "late")
      }
    }
    let transport = try CurlTransport()
    async let first = transport.send(.post(server))
    await arrived.wait()
    async let end: Void = transport.close()
    // Refused as soon as the loops are closed, while the first is still inside.
    while true {
      do throws(TransportFailure) {
        _ = try await transport.send(.get("http://127.0.0.1:1"))
      } catch {
        #expect(!error.mayHaveBeenSent)
        if error.detail == "the transport is closed" { break }
      }
    }
    go.happen()
    #expect(try await first.body == Array("late".utf8))
    await end
    await transport.close()
    #expect(transport.statistics.openConnections == 0)
  }

  @Test("a proxy in the environment is ignored")
  func environmentProxy() async throws {
    let proxy = try ScriptedServer.refusing()
    let names = ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"]
    for name in names { unsafe setenv(name, "http://127.0.0.1:\(proxy.port)", 1) }
    // The curl of later tests reads them too.
    defer { for name in names { unsafe unsetenv(name) } }
    let server = try ScriptedServer { connection in
      while connection.readRequest() != nil { connection.answer() }
    }
    let transport = try CurlTransport()
    #expect(try await transport.send(.get(server)).status == 200)
    await transport.close()
  }

  @Test("a transport that nobody closed ends its threads and connections on its own")
  func letGo() async throws {
    let gone = Happening()
    let server = try ScriptedServer { connection in
      while connection.readRequest() != nil { connection.answer() }
      gone.happen()
    }
    _ = try await CurlTransport().send(.get(server))
    await gone.wait()
  }

  private func raiseDescriptorLimit() {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 8192))
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
