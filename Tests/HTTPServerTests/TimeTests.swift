// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPServer
import TestSupport
import Testing

@Suite struct TimeTests {
  private static let short = HTTPServer.Configuration(
    listen: .anyPort, readTimeout: .milliseconds(300), idleTimeout: .seconds(60))

  @Test(
    "a request that drips in is cut off with 408, in its first line, its headers and its body",
    arguments: [
      ("", "GET /aaaaaaaaa"), ("GET / HTTP/1.1\r\nHost: h\r\n", "X-Header: "),
      ("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n", ""),
      ("POST /slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "F000\r\n"),
    ])
  func drip(start: String, next: String) async throws {
    try await withServer(TimeTests.short) { server in
      let response = try await server.talk { socket in
        try socket.send(start)
        #expect(
          try !socket.drip(Array((next + .repeating("x", 5000)).utf8), every: .milliseconds(10)))
        return try socket.response()
      }
      #expect(response.status == 408)
      #expect(response.text == "tooSlow")
      #expect(response.headers["X-Path"] == (start.hasPrefix("POST") ? "/slow" : "-"))
      #expect(server.statistics.tooSlow == 1)
      try await server.wait { $0.openConnections == 0 }
    }
  }

  @Test("a second request that drips in on a kept connection is cut off too")
  func dripAfterFirst() async throws {
    try await withServer(TimeTests.short) { server in
      let response = try await server.talk { socket in
        try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try socket.response().status == 200)
        #expect(try !socket.drip([UInt8](repeating: 0x41, count: 5000), every: .milliseconds(10)))
        return try socket.response()
      }
      #expect(response.status == 408)
      try await server.wait { $0.openConnections == 0 }
    }
  }

  @Test("a connection that never sends anything is closed without a word")
  func silent() async throws {
    try await withServer(TimeTests.short) { server in
      let isQuiet = try await server.talk { try $0.endsQuietly() }
      #expect(isQuiet)
      #expect(server.statistics.idleClosed == 1)
      #expect(server.statistics.tooSlow == 0)
    }
  }

  @Test("a connection that stays idle after a request is closed without a word")
  func idle() async throws {
    let configuration = HTTPServer.Configuration(listen: .anyPort, idleTimeout: .milliseconds(200))
    try await withServer(configuration) { server in
      try await server.talk { socket in
        try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try socket.response().status == 200)
        #expect(try socket.endsQuietly())
      }
      #expect(server.statistics.idleClosed == 1)
    }
  }

  @Test("the handler may take longer than the times for reading and idling")
  func slowHandler() async throws {
    let gate = Gate()
    let configuration = HTTPServer.Configuration(
      listen: .anyPort, readTimeout: .milliseconds(50), writeTimeout: .milliseconds(50),
      idleTimeout: .milliseconds(50))
    try await withServer(
      configuration,
      handle: holding(at: gate, path: "/held")
    ) { server in
      async let held = server.ask("GET /held HTTP/1.1\r\nHost: h\r\n\r\n")
      try await server.wait { $0.requestsInside == 1 }
      // Others are closed for idling meanwhile, so the watch has looked at the held one as well.
      for _ in 0..<3 { #expect(try await server.talk { try $0.endsQuietly() }) }
      await gate.open()
      #expect(try await held.status == 200)
    }
  }

  @Test("a client that does not read its answer is cut off")
  func slowReader() async throws {
    let configuration = HTTPServer.Configuration(listen: .anyPort, writeTimeout: .milliseconds(200))
    let body = [UInt8](repeating: 0x62, count: 64 << 20)
    try await withServer(configuration, handle: answering(HTTPResponse(status: 200, body: body))) {
      server in
      let address = server.boundAddress
      let socket = try await ScriptedSocket.offPool {
        let socket = try ScriptedSocket(connectingTo: address, receiveBuffer: 4096)
        try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        return Held(socket: socket)
      }
      try await server.wait { $0.slowReaders == 1 && $0.openConnections == 0 }
      socket.socket.close()
    }
  }
}

/// Carries a socket from the thread of its script; only one of them uses it at a time.
struct Held: @unchecked Sendable {
  let socket: ScriptedSocket
}
