// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPServer
import TestSupport
import Testing

@Suite struct RefusalTests {
  static let ambiguous: [(request: String, reason: String)] = [
    (
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "both"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
      "both"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "more than one Content-Length"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\na",
      "more than one Content-Length"
    ),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nx", "other than chunked"),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "other than chunked"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      "other than chunked"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "other than chunked"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked \r\n\r\n0\r\n\r\n",
      "other than chunked"
    ),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \u{0B}chunked\r\n\r\n0\r\n\r\n",
      "control character"
    ),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\nx", "other than chunked"),
    ("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.0"),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "header name"),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\nabcde", "header name"),
    ("GET / HTTP/1.1\r\n\r\n", "no Host"),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "more than one Host"),
    ("GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n", "more than one Host"),
    ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "not a host"),
    ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "not a host"),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", "folded"),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\nY: c\r\n\r\n", "folded"),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Leng: 3\r\n th\r\n\r\nabc", "folded"),
    ("GET / HTTP/1.1\r\nHost:\r\n h\r\n\r\n", "folded"),
    ("GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", "bare line feed"),
    ("GET / HTTP/1.1\nHost: h\r\n\r\n", "bare line feed"),
    ("GET / HTTP/1.1\r\nHost: h\r\n\n", "bare line feed"),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\u{0}b\r\n\r\n", "zero byte"),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\u{1}b\r\n\r\n", "control character"),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", "control character"),
    ("GET / HTTP/1.1\r\nHost: h\r\nX(y): a\r\n\r\n", "header name"),
    ("GET / HTTP/1.1\r\nHost: h\r\n: a\r\n\r\n", "malformed"),
    ("GET / HTTP/1.1\r\nHost: h\r\nX\u{E4}: a\r\n\r\n", "header name"),
    ("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "percent-encoded"),
    ("GET /\u{E4} HTTP/1.1\r\nHost: h\r\n\r\n", "percent-encoded"),
    ("GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", "percent-encoded"),
    ("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", "percent-encoded"),
    ("GET a HTTP/1.1\r\nHost: h\r\n\r\n", "slash"),
    ("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "slash"),
    ("GE(T / HTTP/1.1\r\nHost: h\r\n\r\n", "method"),
  ]

  @Test(
    "a request that could be understood in two ways gets 400 and a closed connection",
    arguments: ambiguous)
  func unclear(request: String, reason: String) async throws {
    try await withServer { server in
      // A second request rides behind: it must not be answered.
      let text = try await server.askToEnd(request + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
      #expect(text.contains("\r\nConnection: close\r\n"))
      #expect(text.contains("malformed(") && text.contains(reason))
      #expect(!text.contains("smuggled"))
      #expect(server.statistics.malformed == 1)
      #expect(server.statistics.requests == 0)
    }
  }

  @Test(
    "what the library itself cannot read gets an error or a closed connection, never the handler",
    arguments: [
      ("GET\r\n\r\n", ""), ("GET /\r\n\r\n", "400"), ("GET / HTTP/1.1x\r\nHost: h\r\n\r\n", "400"),
      ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"), ("GET / http/1.1\r\nHost: h\r\n\r\n", "400"),
      ("GET / HTTP/1.1\r\nHost h\r\n\r\n", "400"),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: abc\r\n\r\n", "400"),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", "400"),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\nx", "400"),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\nx", "400"),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", "400"),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\nx", "400"),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", "413"),
      ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"),
      (
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n",
        "400"
      ),
      (
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
        "400"
      ),
      (
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
        "413"
      ),
      ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}\r\n\r\n", ""),
      ("GET /" + .repeating("a", 65_536) + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"),
    ])
  func unreadable(request: String, status: String) async throws {
    try await withServer { server in
      let text = try await server.askToEnd(request)
      #expect(status.isEmpty || text.hasPrefix("HTTP/1.1 \(status) "), "\(text.prefix(200))")
      if request.contains("Content-Length") || request.contains("chunked") {
        // Once, and in our words.
        #expect(text.split(separator: "HTTP/1.1 ").count == 1, "\(text)")
        #expect(text.contains("\r\n\r\n\(status == "413" ? "bodyTooLarge" : "malformed")("))
        #expect(server.statistics.malformed + server.statistics.bodiesTooLarge == 1)
      }
      #expect(server.statistics.requests == 0)
    }
  }

  @Test(
    "a refusal of the library's meets nobody else who is sending at the moment",
    arguments: [
      ("Content-Length: 1x\r\n\r\n", true), ("Transfer-Encoding: chunked\r\n\r\nx\r\n", false),
    ])
  func bystanders(rest: String, isToldApart: Bool) async throws {
    try await withServer { server in
      let address = server.boundAddress
      try await ScriptedSocket.offPool {
        let head = try ScriptedSocket(connectingTo: address)
        try head.send("GET /head HTTP/1.1\r\nHost: h\r\nX: ")
        let chunks = try ScriptedSocket(connectingTo: address)
        try chunks.send(
          "POST /chunks HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        let other = try ScriptedSocket(connectingTo: address)
        try other.send("POST / HTTP/1.1\r\nHost: h\r\n" + rest)
        let refused = String(decoding: try other.readToEnd(), as: UTF8.self)
        #expect(refused.hasPrefix("HTTP/1.1 400 "))
        #expect(refused.contains("malformed(") == isToldApart)
        try head.send("y\r\n\r\n")
        #expect(try head.response().text.contains("GET /head"))
        try chunks.send("0\r\n\r\n")
        #expect(try chunks.response().text.contains("POST /chunks"))
      }
    }
  }

  @Test("headers of 64 KiB get an error though the client is still sending them")
  func hugeHeaders() async throws {
    try await withServer { server in
      let one = try await server.askToEnd(
        "GET / HTTP/1.1\r\nHost: h\r\nX: " + .repeating("x", 65_536) + "\r\n\r\n")
      #expect(one.hasPrefix("HTTP/1.1 400 ") && one.contains("6144 bytes allowed"))
      let many = try await server.askToEnd(
        "GET / HTTP/1.1\r\nHost: h\r\n" + .repeating("X-Header: value\r\n", 4000) + "\r\n")
      #expect(many.hasPrefix("HTTP/1.1 400 ") && many.contains("6144 bytes allowed"))
      #expect(server.statistics.requests == 0)
    }
  }

  @Test("headers are accepted up to the limit, and the answer then still fits")
  func headerLimit() async throws {
    try await withServer { server in
      let start = "GET / HTTP/1.1\r\nHost: h\r\nX: "
      func request(of size: Int) -> String {
        start + .repeating("x", size - start.utf8.count - 4) + "\r\n\r\n"
      }
      #expect(try await server.ask(request(of: 6144)).status == 200)
      let refused = try await server.ask(request(of: 6145))
      #expect(refused.status == 400)
      #expect(refused.text.contains("6144 are allowed"))
    }
  }

  @Test("forty-four header fields are accepted, as long as the head may be, and no more")
  func fieldLimit() async throws {
    try await withServer { server in
      func request(fields: Int) -> String {
        "GET / HTTP/1.1\r\nHost: h\r\n"
          + .repeating("X-Field: " + .repeating("v", 100) + "\r\n", fields - 1) + "\r\n"
      }
      #expect(try await server.ask(request(fields: 44)).status == 200)
      let refused = try await server.ask(request(fields: 45))
      #expect(refused.status == 400)
      #expect(refused.text.contains("44 header fields"))
    }
  }

  @Test("the largest head with the most fields leaves room for the head of an answer")
  func roomForTheAnswer() async throws {
    let fields = 44
    let head = "GET / HTTP/1.1\r\nHost: h\r\n"
    let short = String(repeating: "X-Field: v\r\n", count: fields - 2)
    let rest = 6144 - head.utf8.count - short.utf8.count - "X-Last: \r\n\r\n".utf8.count
    let request = head + short + "X-Last: " + .repeating("v", rest) + "\r\n\r\n"
    try await withServer(
      handle: { _ in
        HTTPResponse(status: 200, headers: ["X-Answer": .repeating("a", 1000)], body: [1])
      },
      { server in
        let response = try await server.ask(request)
        #expect(response.status == 200)
        #expect(response.headers["X-Answer"]?.utf8.count == 1000)
      })
  }

  @Test("a body announced as too large is refused before it is sent, and without 100 Continue")
  func announcedTooLarge() async throws {
    try await withServer(.init(listen: .anyPort, maximumBodyBytes: 1000)) { server in
      let response = try await server.talk { socket in
        try socket.send(
          "POST /big HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n")
        let response = try socket.response()
        #expect(try socket.endsQuietly())
        return response
      }
      #expect(response.status == 413)
      #expect(response.text == "bodyTooLarge(limit: 1000)")
      #expect(response.headers["X-Path"] == "/big")
      #expect(response.headers["Connection"] == "close")
      #expect(server.statistics.bodiesTooLarge == 1)
    }
  }

  @Test("a chunked body that grows too large is refused in the middle of the upload")
  func chunkedTooLarge() async throws {
    try await withServer(.init(listen: .anyPort, maximumBodyBytes: 1000)) { server in
      let response = try await server.talk { socket in
        try socket.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        try socket.send("3E8\r\n" + .repeating("x", 1000) + "\r\n")
        try socket.send("1\r\nx\r\n")
        // The upload has not ended, and the answer is there.
        return try socket.response()
      }
      #expect(response.status == 413)
      #expect(server.statistics.bodiesTooLarge == 1)
      #expect(server.statistics.requests == 0)
    }
  }

  @Test(
    "a client that sends 10 MB before it reads still gets its refusal",
    arguments: [
      "Content-Length: 10485760\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nA00000\r\n",
      "Content-Length: 10485760\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
  func stubbornUpload(headers: String) async throws {
    try await withServer { server in
      let response = try await server.talk { socket in
        try socket.send("POST / HTTP/1.1\r\nHost: h\r\n" + headers)
        try socket.send([UInt8](repeating: 0x30, count: 10 << 20))
        return try socket.response()
      }
      #expect(response.status == (headers.contains("Length: 10485760\r\nT") ? 400 : 413))
    }
  }

  @Test("refusing HEAD sends no body")
  func refusedHead() async throws {
    try await withServer { server in
      let text = try await server.askToEnd(
        "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 413 "))
      #expect(text.hasSuffix("\r\n\r\n"))
      #expect(text.contains("\r\nContent-Length: \("bodyTooLarge(limit: 65536)".utf8.count)\r\n"))
    }
  }

  @Test("beyond the limit of requests inside, the next is told so at once and its connection stays")
  func overloaded() async throws {
    let gate = Gate()
    try await withServer(
      .init(listen: .anyPort, maximumRequestsInside: 1),
      handle: holding(at: gate, path: "/wait")
    ) { server in
      async let first = server.ask("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
      try await server.wait { $0.requestsInside == 1 }
      try await server.talk { socket in
        for _ in 0..<2 {
          try socket.send("GET /extra HTTP/1.1\r\nHost: h\r\n\r\n")
          let response = try socket.response()
          #expect(response.status == 503)
          #expect(response.headers["X-Path"] == "/extra")
        }
      }
      await gate.open()
      #expect(try await first.status == 200)
      #expect(try await server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").status == 200)
      #expect(server.statistics.overloaded == 2)
      #expect(server.statistics.requests == 2)
    }
  }

  @Test(
    "random bytes never reach the handler's side as anything but a request, and never stop the server"
  )
  func randomBytes() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(state: seed)
    let good = Array(
      "POST /p?q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        .utf8)
    let scripts = (0..<300).map { _ in
      var bytes = good
      for _ in 0...(random.next() % 4) {
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8(truncatingIfNeeded: random.next() % 64), at: place)
        }
      }
      return bytes
    }
    let configuration = HTTPServer.Configuration(
      listen: .anyPort, readTimeout: .milliseconds(200), idleTimeout: .milliseconds(200))
    try await withServer(configuration) { server in
      let address = server.boundAddress
      try await ScriptedSocket.offPool {
        for bytes in scripts {
          let socket = try ScriptedSocket(connectingTo: address)
          _ = try socket.sendUntilBroken(bytes)
          socket.finishSending()
          do throws(ScriptedSocket.Failure) {
            let answer = try socket.readToEnd()
            #expect(answer.isEmpty || answer.starts(with: Array("HTTP/1.1 ".utf8)), "seed \(seed)")
          } catch {
            #expect(error == .broken, "seed \(seed)")
          }
        }
      }
      #expect(try await server.ask("GET /after HTTP/1.1\r\nHost: h\r\n\r\n").status == 200)
    }
  }
}

/// A small generator that can be started again from a printed seed.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
