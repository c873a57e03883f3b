// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPServer
import TestSupport
import Testing

@Suite struct RequestTests {
  @Test("a request reaches the handler as it was sent, and its answer the client")
  func simple() async throws {
    try await withServer { server in
      let response = try await server.ask(
        "POST /a%2Fb/c?x=%20&y HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nX-Padded: \t v w \t\r\nContent-Length: 5\r\n\r\nhello"
      )
      #expect(response.status == 200)
      #expect(response.version == "HTTP/1.1")
      #expect(
        response.text
          == "POST /a%2Fb/c x=%20&y\nHost=h|X-Empty=|X-Padded=v w|Content-Length=5\nhello")
      #expect(response.headers["Content-Type"] == "text/plain")
      #expect(response.headers.values(of: "Content-Length") == ["\(response.body.count)"])
      #expect(response.headers.values(of: "Date").count == 1)
    }
  }

  @Test(
    "a target is split and never decoded",
    arguments: [
      ("/", "/", "-"), ("/?", "/", ""), ("/a?b?c", "/a", "b?c"), ("//x/../y", "//x/../y", "-"),
      ("/%00+%zz?a=+%2b", "/%00+%zz", "a=+%2b"), ("http://host:80/p?q", "/p", "q"),
      ("HTTPS://host", "/", "-"), ("http://host?q", "/", "q"), ("*", "*", "-"),
    ])
  func targets(target: String, path: String, query: String) async throws {
    try await withServer { server in
      let response = try await server.ask("OPTIONS \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(response.status == 200)
      #expect(response.text.hasPrefix("OPTIONS \(path) \(query)\n"))
    }
  }

  @Test("a request that comes byte by byte is one request")
  func byteByByte() async throws {
    try await withServer { server in
      let response = try await server.talk {
        for byte in "POST /slow?q HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc".utf8 {
          try $0.send([byte])
        }
        return try $0.response()
      }
      #expect(response.text == "POST /slow q\nHost=h|Content-Length=3\nabc")
    }
  }

  @Test("pipelined requests are answered one by one, in order", arguments: [false, true])
  func pipelined(startsOnIOThread: Bool) async throws {
    try await withServer(.init(listen: .anyPort, startsOnIOThread: startsOnIOThread)) { server in
      let texts = try await server.talk { socket in
        let requests = (0..<50).map { number in
          "POST /\(number) HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
        }
        try socket.send(requests.joined())
        return try (0..<50).map { _ in try socket.response().text }
      }
      for (number, text) in texts.enumerated() {
        #expect(text.hasPrefix("POST /\(number) -\n"))
        #expect(text.hasSuffix("\nbody"))
      }
      #expect(server.statistics.acceptedConnections == 1)
      #expect(server.statistics.requests == 50)
    }
  }

  @Test("chunks of any size, extensions and trailers make one body")
  func chunked() async throws {
    try await withServer { server in
      let response = try await server.ask(
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
          + "1;a=b\r\nx\r\n00A\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n")
      #expect(response.text == "PUT / -\nHost=h|Transfer-Encoding=Chunked\nx0123456789")
    }
  }

  @Test("nothing is read behind a body in chunks: its end could be seen elsewhere by a proxy")
  func nothingBehindChunks() async throws {
    try await withServer { server in
      // libmicrohttpd ends the chunk's line at the bare line feed; a stricter reader does not.
      let answers = try await server.askToEnd(
        "POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "1;a\nb\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(answers.contains("Connection: close"))
      #expect(answers.contains("POST /1 -") && !answers.contains("GET /2"))
    }
  }

  @Test("a body of exactly the limit is accepted, announced or chunked")
  func exactLimit() async throws {
    try await withServer(.init(listen: .anyPort, maximumBodyBytes: 100_000)) { server in
      let body = String.repeating("b", 100_000)
      let announced = try await server.ask(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n\(body)")
      #expect(announced.text.hasSuffix("\n\(body)"))
      let chunked = try await server.ask(
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n\(body)\r\n0\r\n\r\n"
      )
      #expect(chunked.text.hasSuffix("\n\(body)"))
    }
  }

  @Test("a client that waits for 100 Continue gets it, and then its answer")
  func expectContinue() async throws {
    try await withServer { server in
      let text = try await server.talk { socket in
        try socket.send(
          "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        let interim = try socket.response(hasBody: false)
        #expect(interim.status == 100)
        try socket.send("ok")
        return try socket.response().text
      }
      #expect(text.hasSuffix("\nok"))
    }
  }

  @Test("HEAD gets the headers of GET without a body, and the connection stays usable")
  func head() async throws {
    try await withServer { server in
      try await server.talk { socket in
        try socket.send("HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n")
        let head = try socket.response(hasBody: false)
        #expect(head.status == 200)
        #expect(head.headers["Content-Length"] == "\("HEAD /h -\nHost=h\n".utf8.count)")
        try socket.send("GET /g HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try socket.response().text.hasPrefix("GET /g"))
      }
    }
  }

  @Test("an answer without content has no body and no length")
  func noContent() async throws {
    try await withServer(handle: answering(HTTPResponse(status: 204, body: [1, 2]))) { server in
      try await server.talk { socket in
        try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let first = try socket.response()
        #expect(first.status == 204)
        #expect(first.headers["Content-Length"] == nil)
        #expect(try socket.response().status == 204)
      }
    }
  }

  @Test(
    "a connection stays open exactly when both sides can and want it",
    arguments: [
      ("HTTP/1.1", "X: y", true), ("HTTP/1.1", "Connection: close", false),
      ("HTTP/1.0", "X: y", false),
      ("HTTP/1.0", "Connection: keep-alive", true), ("HTTP/1.1", "Connection: x, Close", false),
    ])
  func keepAlive(version: String, header: String, staysOpen: Bool) async throws {
    try await withServer { server in
      try await server.talk { socket in
        try socket.send("GET /1 \(version)\r\nHost: h\r\n\(header)\r\n\r\n")
        #expect(try socket.response().text.hasPrefix("GET /1"))
        if staysOpen {
          try socket.send("GET /2 \(version)\r\nHost: h\r\n\(header)\r\n\r\n")
          #expect(try socket.response().text.hasPrefix("GET /2"))
        } else {
          #expect(try socket.endsQuietly())
        }
      }
    }
  }

  @Test("HTTP/1.0 needs no Host")
  func http10() async throws {
    try await withServer { server in
      let text = try await server.askToEnd("GET /old HTTP/1.0\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(text.hasSuffix("GET /old -\n\n"))
    }
  }

  @Test("a client that has finished sending still gets its answer")
  func halfClosed() async throws {
    let gate = Gate()
    try await withServer(handle: holding(at: gate)) { server in
      async let text = server.talk { socket in
        try socket.send("GET /half HTTP/1.1\r\nHost: h\r\n\r\n")
        socket.finishSending()
        return String(decoding: try socket.readToEnd(), as: UTF8.self)
      }
      try await server.wait { $0.requestsInside == 1 }
      await gate.open()
      #expect(try await text.hasSuffix("GET /half -\nHost=h\n"))
    }
  }

  @Test("the headers that belong to the front end are its own")
  func ownHeaders() async throws {
    try await withServer(
      handle: answering(
        HTTPResponse(
          status: 200,
          headers: [
            "content-length": "99", "DATE": "x", "Transfer-Encoding": "chunked", "Connection": "x",
            "A": "b",
          ],
          body: [0x21]))
    ) { server in
      let response = try await server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(response.text == "!")
      #expect(response.headers.values(of: "Content-Length") == ["1"])
      #expect(response.headers.values(of: "Date").count == 1)
      #expect(response.headers["Transfer-Encoding"] == nil)
      #expect(response.headers["Connection"] == nil)
      #expect(response.headers["A"] == "b")
    }
  }

  @Test("a large answer arrives whole, though the client reads slowly")
  func largeAnswer() async throws {
    let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0) }
    try await withServer(handle: answering(HTTPResponse(status: 200, body: body))) { server in
      let response = try await server.talk(receiveBuffer: 4096) { socket in
        try socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        return try socket.response()
      }
      #expect(response.body == body)
    }
  }
}
