// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPClient
import TestSupport
import Testing

/// What becomes of answers that are as they should be.
@Suite struct AnswerTests {
  @Test("headers come in order, with every value")
  func headers() async throws {
    let answer = try await answer(
      "HTTP/1.1 201 Created\r\nX-B: 1\r\nX-A:  spaced\t\r\nX-B: 2\r\nX-Empty:\r\nX-Fold: a\r\n  b\r\nContent-Length: 2\r\n\r\nok"
    )
    #expect(answer.status == 201)
    #expect(
      answer.headers == [
        "X-B": "1", "X-A": "spaced", "X-B": "2", "X-Empty": "", "X-Fold": "a b",
        "Content-Length": "2",
      ])
    #expect(answer.body == Array("ok".utf8))
  }

  @Test("interim answers are skipped with their headers")
  func interim() async throws {
    let answer = try await answer(
      "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 None\r\nX-Final: 1\r\n\r\n"
    )
    #expect(answer.status == 204)
    #expect(answer.headers == ["X-Final": "1"])
    #expect(answer.body == [])
  }

  @Test("chunks become one body, and trailers are no headers")
  func chunked() async throws {
    let answer = try await answer(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nX-Trailer: 1\r\n\r\n"
    )
    #expect(answer.body == Array("abcd".utf8))
    #expect(answer.headers == ["Transfer-Encoding": "chunked"])
  }

  @Test("an answer of HTTP/1.0 ends with its connection")
  func untilClose() async throws {
    let answer = try await answer("HTTP/1.0 200 OK\r\n\r\nall of it")
    #expect(answer.body == Array("all of it".utf8))
  }

  @Test("a redirect is an answer like any other", arguments: [301, 302, 303, 307, 308])
  func redirect(_ status: Int) async throws {
    let server = try ScriptedServer { connection in
      while connection.readRequest() != nil {
        connection.answer(status, headers: "Location: /elsewhere\r\n")
      }
    }
    let transport = try CurlTransport()
    let answer = try await transport.send(.post(server))
    #expect(answer.status == status)
    #expect(answer.headers["location"] == "/elsewhere")
    #expect(server.requests.count == 1)
    await transport.close()
  }

  @Test("a demand for credentials is an answer like any other")
  func unauthorized() async throws {
    let answer = try await answer(
      "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
    #expect(answer.status == 401)
  }

  @Test("cookies are not kept")
  func cookies() async throws {
    let server = try ScriptedServer { connection in
      while connection.readRequest() != nil { connection.answer(headers: "Set-Cookie: a=b\r\n") }
    }
    let transport = try CurlTransport(configuration: .init(maximumIdleSeconds: 3600))
    _ = try await transport.send(.get(server))
    _ = try await transport.send(.get(server))
    #expect(server.requests.map { $0.header("Cookie") } == [nil, nil])
    await transport.close()
  }

  @Test("a coded body is passed on as it came")
  func contentEncoding() async throws {
    let answer = try await answer(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")
    #expect(answer.body == Array("abcd".utf8))
  }

  @Test(
    "bodies of many sizes arrive whole", arguments: [0, 1, 16383, 16384, 16385, 100_000, 4 << 20])
  func sizes(_ count: Int) async throws {
    let server = try ScriptedServer { connection in
      while let request = connection.readRequest() {
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
        connection.write(request.body)
      }
    }
    let transport = try CurlTransport()
    var request = OutboundRequest.post(server)
    let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    request.body = body
    #expect(try await transport.send(request).body == body)
    await transport.close()
  }

  /// What the transport makes of this answer.
  private func answer(_ text: String) async throws -> InboundAnswer {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write(text)
    }
    let transport = try CurlTransport()
    let answer = try await transport.send(.post(server))
    await transport.close()
    #expect(server.requests.count == 1)
    return answer
  }
}
