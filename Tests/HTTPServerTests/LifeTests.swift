// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import Glibc
import HTTP
import HTTPServer
import TestSupport
import Testing

@Suite struct LifeTests {
  @Test(
    "a client that goes away while its request is inside leaves nothing behind",
    arguments: [true, false])
  func gone(byReset: Bool) async throws {
    let gate = Gate()
    try await withServer(handle: holding(at: gate)) { server in
      try await server.talk { socket in
        try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      }
      let address = server.boundAddress
      try await ScriptedSocket.offPool {
        for _ in 0..<20 {
          let socket = try ScriptedSocket(connectingTo: address)
          try socket.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")
          if byReset { socket.reset() } else { socket.close() }
        }
      }
      try await server.wait { $0.acceptedConnections == 21 }
      await gate.open()
      try await server.wait { $0.openConnections == 0 && $0.requestsInside == 0 }
    }
  }

  @Test("a thousand connections are open at once and every one is answered")
  func thousand() async throws {
    try await withServer { server in
      let address = server.boundAddress
      let answered = try await ScriptedSocket.offPool {
        let sockets = try (0..<1000).map { _ in try ScriptedSocket(connectingTo: address) }
        var answered = 0
        for round in 0..<2 {
          for socket in sockets { try socket.send("GET /\(round) HTTP/1.1\r\nHost: h\r\n\r\n") }
          for socket in sockets where try socket.response().text.hasPrefix("GET /\(round) ") {
            answered += 1
          }
        }
        return answered
      }
      #expect(answered == 2000)
      #expect(server.statistics.acceptedConnections == 1000)
      try await server.wait { $0.openConnections == 0 }
    }
  }

  @Test("beyond the limit, connections wait and are served when there is room")
  func connectionLimit() async throws {
    try await withServer(.init(listen: .anyPort, maximumConnections: 4)) { server in
      let address = server.boundAddress
      try await ScriptedSocket.offPool {
        var waiting = try (0..<12).map { _ in
          let socket = try ScriptedSocket(connectingTo: address)
          try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
          return socket
        }
        while !waiting.isEmpty {
          let served = waiting.removeFirst()
          #expect(try served.response().status == 200)
          #expect(server.statistics.openConnections <= 4)
          served.close()
        }
      }
      #expect(server.statistics.acceptedConnections == 12)
    }
  }

  @Test("draining answers what is inside, closes the connections and takes no new ones")
  func drain() async throws {
    let gate = Gate()
    try await withServer(handle: holding(at: gate)) { server in
      let address = server.boundAddress
      async let response = server.talk { socket in
        try socket.send("GET /inside HTTP/1.1\r\nHost: h\r\n\r\n")
        let response = try socket.response()
        #expect(try socket.endsQuietly())
        return response
      }
      try await server.wait { $0.requestsInside == 1 }
      async let isDrained = server.drain(for: .seconds(20))
      try await ScriptedSocket.offPool {
        // Until the listening socket is closed, another connection is still taken in.
        while (try? ScriptedSocket(connectingTo: address)) != nil {}
      }
      await gate.open()
      #expect(try await response.text.hasPrefix("GET /inside"))
      #expect(try await response.headers["Connection"] == "close")
      #expect(await isDrained)
      #expect(server.statistics.openConnections == 0)
    }
  }

  @Test("draining gives up when its time is over, and stopping then ends everything")
  func drainTimeout() async throws {
    let gate = Gate()
    try await withServer(handle: holding(at: gate)) { server in
      async let end = server.talk { socket in
        try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        return try socket.readToEnd()
      }
      try await server.wait { $0.requestsInside == 1 }
      #expect(await !server.drain(for: .milliseconds(50)))
      server.stop()
      #expect(try await end == [])
      #expect(server.statistics.openConnections == 0)
      await gate.open()
      try await server.wait { $0.requestsInside == 0 }
    }
  }

  @Test("a drain under load loses no request that was sent")
  func drainUnderLoad() async throws {
    try await withServer { server in
      let address = server.boundAddress
      let lost = try await withThrowingTaskGroup(of: Int.self) { group in
        for client in 0..<8 {
          group.addTask {
            try await ScriptedSocket.offPool {
              // Connects anew as long as it can; whatever it sends on a connection must be
              // answered.
              var lost = 0
              while let socket = try? ScriptedSocket(connectingTo: address) {
                do throws(ScriptedSocket.Failure) {
                  for number in 0..<50 {
                    try socket.send("GET /\(client)/\(number) HTTP/1.1\r\nHost: h\r\n\r\n")
                    let response = try socket.response()
                    if !response.text.hasPrefix("GET /\(client)/\(number) ") { lost += 1 }
                    if response.headers["Connection"] == "close" { break }
                  }
                } catch {
                  lost += 1
                }
              }
              return lost
            }
          }
        }
        try await server.wait { $0.requests > 500 }
        #expect(await server.drain(for: .seconds(20)))
        return try await group.reduce(0, +)
      }
      #expect(lost == 0)
      #expect(server.statistics.openConnections == 0)
    }
  }

  @Test("a request whose client is gone is inside until its handler ends, for a drain and a stop")
  func resetWhileInside() async throws {
    let entered = DispatchSemaphore(value: 0)
    let gone = DispatchSemaphore(value: 0)
    let isInVain = Guarded(false)
    let server = try HTTPServer(
      .init(listen: .anyPort, threads: 1), reject: describe,
      handle: { request in
        guard request.path == "/held" else { return await describe(request) }
        // Keeps the only thread, so that the library learns of the reset before it asks for an
        // answer.
        exchange(entered, for: gone)
        while !Task.isCancelled, !isInVain.withLock({ $0 }) {
          try? await Task.sleep(for: .milliseconds(1))
        }
        return await describe(request)
      })
    let address = server.boundAddress
    try await ScriptedSocket.offPool {
      // The library deals with its oldest connection before it looks at the others' errors.
      let older = try ScriptedSocket(connectingTo: address)
      repeat {
        isInVain.withLock { $0 = true }
        // Also when the first answer has been asked for.
        try older.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try older.response()
        while server.statistics.openConnections > 1 {}
        isInVain.withLock { $0 = false }
        let socket = try ScriptedSocket(connectingTo: address)
        try socket.send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n")
        entered.wait()
        socket.reset()
        gone.signal()
        // Answered in a turn that has seen the reset. When the library had asked twice before the
        // handler began, the connection waits for it, and there is nothing to be seen.
        try older.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try older.response()
      } while server.statistics.openConnections > 1
    }
    try await server.wait { $0.openConnections == 0 && $0.requestsInside == 1 }
    #expect(await !server.drain(for: .milliseconds(50)))
    server.stop()
    try await server.wait { $0.requestsInside == 0 }
  }

  @Test("stopping while requests are inside ends them, and twice is once")
  func stopWithRequestsInside() async throws {
    let gate = Gate()
    let server = try HTTPServer(
      .init(listen: .anyPort), reject: describe,
      handle: holding(at: gate))
    let address = server.boundAddress
    let sockets = try await ScriptedSocket.offPool {
      try (0..<50).map { _ in
        let socket = try ScriptedSocket(connectingTo: address)
        try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        return Held(socket: socket)
      }
    }
    try await server.wait { $0.requestsInside == 50 }
    server.stop()
    server.stop()
    let ends = try await ScriptedSocket.offPool { try sockets.map { try $0.socket.readToEnd() } }
    #expect(ends.allSatisfy { $0.isEmpty })
    await gate.open()
    try await server.wait { $0.requestsInside == 0 }
  }

  @Test("stopping tells the handler, whose task is cancelled")
  func stopCancels() async throws {
    let server = try HTTPServer(
      .init(listen: .anyPort), reject: describe,
      handle: { request in
        // Ends by cancellation only.
        try? await Task.sleep(for: .seconds(3600))
        return await describe(request)
      })
    async let end = server.talk { socket in
      try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      return try socket.readToEnd()
    }
    try await server.wait { $0.requestsInside == 1 }
    server.stop()
    #expect(try await end == [])
    try await server.wait { $0.requestsInside == 0 }
  }

  @Test("a server that is let go of stops by itself")
  func letGo() async throws {
    var server: HTTPServer? = try HTTPServer(
      .init(listen: .anyPort), reject: describe, handle: describe)
    let address = try #require(server).boundAddress
    server = nil
    await #expect(throws: ScriptedSocket.Failure.refused(errno: ECONNREFUSED)) {
      try await ScriptedSocket.offPool { _ = try ScriptedSocket(connectingTo: address) }
    }
  }

  @Test("two servers on one port: the second is refused with the address in the message")
  func portInUse() async throws {
    try await withServer { server in
      let error = try #require(throws: ListenError.self) {
        try HTTPServer(.init(listen: server.boundAddress), reject: describe, handle: describe)
      }
      #expect(error.code == .inUse)
      #expect(error.message.contains("\(server.boundAddress)"))
    }
  }

  @Test("IPv6 is served, and the peer's address is known without its port")
  func ipv6() async throws {
    let listen = try ListenAddress.parse("[::1]:0")
    try await withServer(.init(listen: listen), handle: peer) { server in
      let response = try await server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(response.text == "address(\"::1\")")
    }
    try await withServer(handle: peer) { server in
      let response = try await server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(response.text == "address(\"127.0.0.1\")")
    }
  }
}

@Sendable func peer(_ request: HTTPRequest) async -> HTTPResponse {
  HTTPResponse(status: 200, body: Array("\(request.peer)".utf8))
}

@Suite struct UnixSocketTests {
  private static func inFolder(_ body: (ListenAddress, String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "server-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("s").path
    try await body(.unix(path: path), path)
  }

  @Test("a unix socket is served, the peer's user and process are known, others may not connect")
  func credentials() async throws {
    try await UnixSocketTests.inFolder { address, path in
      try await withServer(.init(listen: address), handle: peer) { server in
        let response = try await server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(response.text == "local(userID: \(getuid()), processID: \(getpid()))")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o660)
      }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("refusals work on a unix socket too")
  func refusals() async throws {
    try await UnixSocketTests.inFolder { address, _ in
      try await withServer(.init(listen: address, readTimeout: .milliseconds(300))) { server in
        let large = try await server.talk { socket in
          try socket.send(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nA00000\r\n")
          _ = try socket.sendUntilBroken([UInt8](repeating: 0x30, count: 1 << 20))
          return try socket.response()
        }
        #expect(large.status == 413)
        let slow = try await server.talk { socket in
          try socket.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n")
          return try socket.response()
        }
        #expect(slow.status == 408)
      }
    }
  }

  @Test("the file of a dead process is replaced, a live one is not, a foreign file never")
  func staleFile() async throws {
    try await UnixSocketTests.inFolder { address, path in
      try await withServer(.init(listen: address)) { _ in
        let error = try #require(throws: ListenError.self) {
          try HTTPServer(.init(listen: address), reject: describe, handle: describe)
        }
        #expect(error.code == .inUse)
        // A second name of the socket outlives the server, as the file of a killed process does.
        try FileManager.default.linkItem(atPath: path, toPath: path + "-dead")
      }
      try FileManager.default.moveItem(atPath: path + "-dead", toPath: path)
      try await withServer(.init(listen: address)) { server in
        let response = try await server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(response.status == 200)
      }
      try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
      let error = try #require(throws: ListenError.self) {
        try HTTPServer(.init(listen: address), reject: describe, handle: describe)
      }
      #expect(error.code == .notASocket)
      #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
    }
  }

  @Test("stopping leaves a socket that another process has put in the place of its own")
  func foreignFile() async throws {
    try await UnixSocketTests.inFolder { address, path in
      let first = try HTTPServer(.init(listen: address), reject: describe, handle: describe)
      try FileManager.default.removeItem(atPath: path)
      try await withServer(.init(listen: address)) { second in
        first.stop()
        let response = try await second.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(response.status == 200)
      }
    }
  }
}

/// Blocks its thread.
private func exchange(_ signal: DispatchSemaphore, for other: DispatchSemaphore) {
  signal.signal()
  other.wait()
}
