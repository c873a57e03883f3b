// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPClient
import TestSupport
import Testing

/// What goes out, and what comes back when all is well.
@Suite struct RequestTests {
  @Test("a request goes out with its own headers, Host and Content-Length, and nothing else")
  func exactRequest() async throws {
    let server = try ScriptedServer { connection in
      while connection.readRequest() != nil { connection.answer(body: "{}") }
    }
    let transport = try CurlTransport()
    let answer = try await transport.send(
      .post(
        server, "/v3/a%2fb/../c?x=%7e&y", body: "{\"a\":1}", headers: ["X-One": "1", "X-Empty": ""])
    )
    #expect(answer.status == 200)
    #expect(answer.body == Array("{}".utf8))
    let request = try #require(server.requests.first)
    #expect(
      request.head == [
        "POST /v3/a%2fb/../c?x=%7e&y HTTP/1.1", "Host: 127.0.0.1:\(server.port)", "X-One: 1",
        "X-Empty:",
        "Content-Length: 7",
      ])
    #expect(request.body == Array("{\"a\":1}".utf8))
    await transport.close()
  }

  @Test("one handle serves methods with and without a body in any order")
  func methods() async throws {
    let server = try ScriptedServer { connection in
      while connection.readRequest() != nil { connection.answer() }
    }
    let transport = try CurlTransport(configuration: .init(maximumIdleSeconds: 3600))
    let wanted: [(String, String?)] = [
      ("POST", "one"), ("GET", nil), ("PUT", "two"), ("DELETE", nil), ("HEAD", nil), ("POST", ""),
      ("PATCH", "3"),
      ("GET", nil),
    ]
    for (method, body) in wanted {
      var request = OutboundRequest.get(server)
      request.method = method
      request.body = body.map { Array($0.utf8) }
      #expect(try await transport.send(request).status == 200)
    }
    let seen = server.requests.map { ($0.head[0], String(decoding: $0.body, as: UTF8.self)) }
    #expect(seen.map(\.0) == wanted.map { "\($0.0) /x HTTP/1.1" })
    #expect(seen.map(\.1) == wanted.map { $0.1 ?? "" })
    #expect(
      server.requests.map { $0.header("Content-Length") }
        == wanted.map { $0.1.map { "\($0.utf8.count)" } })
    #expect(server.connectionCount == 1)
    #expect(transport.statistics.connectionsMade == 1)
    #expect(transport.statistics.connectionsReused == wanted.count - 1)
    await transport.close()
    #expect(transport.statistics.openConnections == 0)
  }
}
