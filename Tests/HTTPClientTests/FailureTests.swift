// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPClient
import TestSupport
import Testing

/// Every way a request can fail over plain HTTP: the reason, and whether the server may have seen
/// it.
@Suite struct FailureTests {
  @Test("a refused connection was not sent")
  func refused() async throws {
    let port = try ScriptedServer.refusing()
    let failure = try await failure(of: .get("http://127.0.0.1:\(port.port)"))
    #expect(failure.reason == .connect)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("a connection that nobody accepts ends at the connect timeout, long before the attempt's")
  func notAccepted() async throws {
    let port = try ScriptedServer.unanswering()
    let failure = try await failure(
      of: .get("http://127.0.0.1:\(port.port)", timeout: .seconds(60)),
      .init(connectTimeout: .milliseconds(200)))
    #expect(failure.reason == .connect)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("a connection that nobody accepts ends at the attempt's timeout when that is shorter")
  func notAcceptedInTime() async throws {
    let port = try ScriptedServer.unanswering()
    let failure = try await failure(
      of: .get("http://127.0.0.1:\(port.port)", timeout: .milliseconds(200)),
      .init(connectTimeout: .seconds(60)))
    #expect(failure.reason == .connect)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("a name without an address was not sent")
  func unresolved() async throws {
    // A label of 64 characters is no name, so the resolver refuses it without asking the network.
    let name = String(repeating: "a", count: 64) + ".test"
    let failure = try await failure(of: .get("http://\(name)"))
    #expect(failure.reason == .resolve)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("a TLS handshake that never comes ends at the connect timeout and was not sent")
  func silentHandshake() async throws {
    let server = try ScriptedServer { $0.waitForEnd() }
    let failure = try await failure(
      of: .get("https://127.0.0.1:\(server.port)", timeout: .seconds(60)),
      .init(connectTimeout: .milliseconds(200)))
    #expect(failure.reason == .tls)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("plain HTTP where TLS is expected was not sent")
  func notTLS() async throws {
    let server = try ScriptedServer { connection in
      _ = connection.read()
      connection.write("HTTP/1.1 400 Bad Request\r\n\r\n")
    }
    let failure = try await failure(of: .get("https://127.0.0.1:\(server.port)"))
    #expect(failure.reason == .tls)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("a server that accepts and stays silent may have seen the request")
  func silence() async throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.waitForEnd()
    }
    let failure = try await failure(of: .post(server, timeout: .milliseconds(200)))
    #expect(failure.reason == .timeout)
    #expect(failure.mayHaveBeenSent)
    #expect(server.requests.count == 1)
  }

  @Test("an answer that drips is cut off at the timeout, however lively it is")
  func drip() async throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
      connection.drip(String(repeating: ".", count: 100_000), pauseMilliseconds: 10)
    }
    let failure = try await failure(of: .post(server, timeout: .milliseconds(300)))
    #expect(failure.reason == .timeout)
    #expect(failure.mayHaveBeenSent)
  }

  struct Broken: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var answer: String
    var reason: TransportFailure.Reason
  }

  static let broken: [Broken] = [
    Broken(testDescription: "nothing", answer: "", reason: .connectionLost),
    Broken(testDescription: "half a status line", answer: "HTTP/1.1 20", reason: .connectionLost),
    Broken(
      testDescription: "half a head", answer: "HTTP/1.1 200 OK\r\nContent-Le",
      reason: .connectionLost),
    Broken(
      testDescription: "a head without its body",
      answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
      reason: .connectionLost),
    Broken(
      testDescription: "half a body", answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
      reason: .connectionLost),
    Broken(
      testDescription: "half a chunk",
      answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
      reason: .connectionLost),
    Broken(
      testDescription: "chunks without an end",
      answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
      reason: .connectionLost),
    Broken(
      testDescription: "a chunk size that is no number",
      answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
      reason: .malformed),
    Broken(
      testDescription: "another protocol", answer: "220 smtp.example ready\r\n", reason: .malformed),
    Broken(testDescription: "HTTP/0.9", answer: "<html>hello</html>", reason: .malformed),
    Broken(
      testDescription: "a status that is no number", answer: "HTTP/1.1 abc OK\r\n\r\n",
      reason: .malformed),
    Broken(
      testDescription: "a version that does not exist", answer: "HTTP/7.3 200 OK\r\n\r\n",
      reason: .malformed),
    Broken(
      testDescription: "a field without a colon",
      answer: "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n", reason: .malformed),
    Broken(
      testDescription: "a length that is no number",
      answer: "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nabcde", reason: .malformed),
    Broken(
      testDescription: "a negative length",
      answer: "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcde", reason: .malformed),
    Broken(
      testDescription: "only an interim answer", answer: "HTTP/1.1 103 Early Hints\r\n\r\n",
      reason: .connectionLost),
  ]

  @Test(
    "a connection that ends within an answer, or an answer that is not HTTP, may have been sent",
    arguments: broken)
  func brokenAnswer(_ broken: Broken) async throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write(broken.answer)
    }
    let failure = try await failure(of: .post(server))
    #expect(failure.reason == broken.reason, "\(failure)")
    #expect(failure.mayHaveBeenSent)
    #expect(server.requests.count == 1)
  }

  @Test("a reset after the request may have been sent")
  func reset() async throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.reset()
    }
    let failure = try await failure(of: .post(server))
    #expect(failure.reason == .connectionLost)
    #expect(failure.mayHaveBeenSent)
    #expect(server.requests.count == 1)
  }

  static let tooBig: [Broken] = [
    Broken(
      testDescription: "announced", answer: "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
      reason: .malformed),
    Broken(
      testDescription: "chunked",
      answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n",
      reason: .malformed),
    Broken(testDescription: "up to the end", answer: "HTTP/1.1 200 OK\r\n\r\n", reason: .malformed),
  ]

  @Test("a body over the limit is refused while it comes in", arguments: tooBig)
  func bodyTooBig(_ answer: Broken) async throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write(answer.answer + String(repeating: "a", count: 1001))
      connection.waitForEnd()
    }
    let failure = try await failure(of: .post(server), .init(maximumAnswerBytes: 1000))
    #expect(failure.reason == .malformed)
    #expect(failure.mayHaveBeenSent)
    #expect(failure.detail == "the answer's body is larger than the limit")
  }

  @Test("a body of exactly the limit is taken")
  func bodyAtLimit() async throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.answer(body: String(repeating: "a", count: 1000))
    }
    let transport = try CurlTransport(configuration: .init(maximumAnswerBytes: 1000))
    #expect(try await transport.send(.get(server)).body.count == 1000)
    await transport.close()
  }

  @Test("headers over the limit are refused while they come in")
  func headersTooBig() async throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\n")
      while connection.write("X-More: \(String(repeating: "a", count: 100))\r\n") {}
    }
    let failure = try await failure(of: .post(server), .init(maximumHeaderBytes: 1000))
    #expect(failure.reason == .malformed)
    #expect(failure.mayHaveBeenSent)
  }

  @Test(
    "a request that would not be one line a header is refused before it is sent",
    arguments: [
      OutboundRequest.get("http://127.0.0.1:1", "/a b"), .get("http://127.0.0.1:1", "/a\r\nX: y"),
      .get("http://127.0.0.1:1", "x"), .get("http://127.0.0.1:1", "/a#b"),
      .get("http://127.0.0.1:1", ""),
      .with(header: "X-A", "b\r\nX-B: c"), .with(header: "X-A", "b\nc"),
      .with(header: "X-A", "b\0c"),
      .with(header: "X A", "b"), .with(header: "", "b"), .with(header: "X:A", "b"),
      .with(method: "GE T"), .with(method: ""), .with(method: "GET / HTTP/1.1\r\nX"),
    ])
  func unsafeRequest(_ request: OutboundRequest) async throws {
    let failure = try await failure(of: request)
    #expect(failure.reason == .malformed)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("another scheme than http and https is refused before it is sent")
  func otherScheme() async throws {
    let failure = try await failure(of: .get("file:///etc", "/hostname"))
    #expect(failure.reason == .malformed)
    #expect(!failure.mayHaveBeenSent)
  }
}

/// Sends one request that is expected to fail.
func failure(
  of request: OutboundRequest, _ configuration: CurlTransport.Configuration = .init()
) async throws -> TransportFailure {
  let transport = try CurlTransport(configuration: configuration)
  let result: Result<InboundAnswer, TransportFailure>
  do throws(TransportFailure) {
    result = .success(try await transport.send(request))
  } catch {
    result = .failure(error)
  }
  await transport.close()
  #expect(transport.statistics.openConnections == 0)
  #expect(transport.statistics.requestsInFlight == 0)
  guard case .failure(let failure) = result else {
    Issue.record("\(result) is no failure")
    throw SocketError(call: "send", number: 0)
  }
  return failure
}
