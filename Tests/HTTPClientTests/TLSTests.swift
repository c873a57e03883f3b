// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import HTTPClient
import TestSupport
import Testing

/// TLS and HTTP/2, against nginx and `openssl s_server`.
@Suite struct TLSTests {
  @Test(
    "a certificate that is expired, misnamed or of an unknown authority stops before sending",
    arguments: [CertificateFolder.Kind.expired, .otherName, .otherAuthority])
  func badCertificate(_ kind: CertificateFolder.Kind) async throws {
    let certificates = try CertificateFolder(kind)
    let nginx = try NginxServer(certificates: certificates)
    let failure = try await failure(of: .get(nginx.origin), .init(caFile: certificates.caFile))
    #expect(failure.reason == .tls, "\(failure)")
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("without a CA file of its own, the system's authorities decide")
  func systemAuthorities() async throws {
    let certificates = try CertificateFolder()
    let nginx = try NginxServer(certificates: certificates)
    let failure = try await failure(of: .get(nginx.origin))
    #expect(failure.reason == .tls)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("TLS 1.1 is not spoken")
  func oldVersion() async throws {
    let certificates = try CertificateFolder()
    let nginx = try NginxServer(
      certificates: certificates,
      server: "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;")
    let failure = try await failure(of: .get(nginx.origin), .init(caFile: certificates.caFile))
    #expect(failure.reason == .tls)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test("a CA file that is not there is found at the start")
  func noAuthorityFile() {
    #expect(throws: (any Error).self) {
      try CurlTransport(configuration: .init(caFile: "/nowhere/ca.pem"))
    }
  }

  @Test("a CA file without certificates is a failure that was not sent")
  func emptyAuthorityFile() async throws {
    let certificates = try CertificateFolder()
    let nginx = try NginxServer(certificates: certificates)
    let failure = try await failure(
      of: .get(nginx.origin), .init(caFile: certificates.key))
    #expect(failure.reason == .tls)
    #expect(!failure.mayHaveBeenSent)
  }

  @Test(
    "HTTP/2 is spoken where the server offers it, and HTTP/1.1 where it does not",
    arguments: [
      ("ssl", true, "HTTP/1.1"), ("ssl http2", true, "HTTP/2.0"), ("ssl http2", false, "HTTP/1.1"),
    ])
  func version(listen: String, usesHTTP2: Bool, version: String) async throws {
    let certificates = try CertificateFolder()
    let nginx = try NginxServer(listen: listen, certificates: certificates)
    let transport = try CurlTransport(
      configuration: .init(
        caFile: certificates.caFile, maximumIdleSeconds: 3600, usesHTTP2: usesHTTP2))
    var request = OutboundRequest.get(nginx.origin)
    for body in [nil, "{}", ""] {
      request.method = body == nil ? "GET" : "POST"
      request.body = body.map { Array($0.utf8) }
      let answer = try await transport.send(request)
      #expect(answer.status == 200)
      #expect(answer.headers["X-Protocol"] == version)
      #expect(answer.body == Array("ok".utf8))
    }
    #expect(transport.statistics.connectionsMade == 1)
    await transport.close()
  }

  @Test("a hundred requests at once share one HTTP/2 connection")
  func multiplexed() async throws {
    let certificates = try CertificateFolder()
    let nginx = try NginxServer(listen: "ssl http2", certificates: certificates)
    let transport = try CurlTransport(
      configuration: .init(caFile: certificates.caFile, maximumIdleSeconds: 3600))
    _ = try await transport.send(.get(nginx.origin))
    let answers = try await answers(100, to: .get(nginx.origin), by: transport)
    #expect(Set(answers.map { $0.headers["X-Connection"] }).count == 1)
    #expect(transport.statistics.connectionsMade == 1)
    #expect(transport.statistics.openConnections == 1)
    await transport.close()
    #expect(transport.statistics.openConnections == 0)
  }

  @Test("over HTTP/2 no answer is lost that comes before the server has read the body")
  func earlyAnswers() async throws {
    let certificates = try CertificateFolder()
    // It answers without asking for the body.
    let nginx = try NginxServer(listen: "ssl http2", certificates: certificates)
    let transport = try CurlTransport(
      configuration: .init(caFile: certificates.caFile, maximumIdleSeconds: 3600))
    _ = try await transport.send(.get(nginx.origin))
    var request = OutboundRequest.get(nginx.origin)
    request.method = "POST"
    request.body = Array(repeating: UInt8(ascii: "x"), count: 4000)
    for _ in 0..<100 {
      let answers = try await answers(20, to: request, by: transport)
      #expect(answers.filter { $0.status == 200 }.count == 20)
    }
    await transport.close()
  }

  /// Sends the same request so many times at once.
  private func answers(
    _ count: Int, to request: OutboundRequest, by transport: CurlTransport
  ) async throws -> [InboundAnswer] {
    try await withThrowingTaskGroup(of: InboundAnswer.self) { group in
      for _ in 0..<count { group.addTask { try await transport.send(request) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test("a request on an HTTP/2 connection that ended while it was idle goes out on a new one")
  func endedWhileIdle() async throws {
    let certificates = try CertificateFolder()
    // nginx ends the connection with GOAWAY after its second request.
    let nginx = try NginxServer(
      listen: "ssl http2", certificates: certificates, server: "keepalive_requests 2;")
    let transport = try CurlTransport(
      configuration: .init(caFile: certificates.caFile, maximumIdleSeconds: 3600))
    for _ in 0..<7 { #expect(try await transport.send(.get(nginx.origin)).status == 200) }
    #expect(transport.statistics.connectionsMade >= 4)
    await transport.close()
  }

  @Test("a body without a length that TLS does not end properly is not taken for whole")
  func noCloseNotify() async throws {
    let certificates = try CertificateFolder()
    let server = try TLSPipe(certificates: certificates) { ends in
      _ = ends.read { $0.firstRange(of: Array("GET /x".utf8)) != nil }
      ends.write(Array("HTTP/1.1 200 OK\r\n\r\nhalf of it".utf8))
      ends.close()
    }
    let failure = try await failure(of: .get(server.origin), .init(caFile: certificates.caFile))
    #expect(failure.reason == .connectionLost, "\(failure)")
    #expect(failure.mayHaveBeenSent)
  }

  struct Ended: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var frames: [UInt8]
    var mayHaveBeenSent: Bool
  }

  static let ended: [Ended] = [
    Ended(
      testDescription: "RST_STREAM with REFUSED_STREAM",
      frames: HTTP2Frames.reset(stream: 1, code: 7), mayHaveBeenSent: false),
    // libcurl 7.88 does not tell this from other ends of the session, so the careful answer is
    // given.
    Ended(
      testDescription: "GOAWAY below the stream", frames: HTTP2Frames.goAway(lastStream: 0),
      mayHaveBeenSent: true),
    Ended(
      testDescription: "RST_STREAM with INTERNAL_ERROR",
      frames: HTTP2Frames.reset(stream: 1, code: 2), mayHaveBeenSent: true),
    Ended(
      testDescription: "RST_STREAM with HTTP_1_1_REQUIRED",
      frames: HTTP2Frames.reset(stream: 1, code: 13), mayHaveBeenSent: true),
    Ended(testDescription: "the connection's end", frames: [], mayHaveBeenSent: true),
  ]

  @Test("a stream that the server ended was not sent only if the server says so", arguments: ended)
  func endedStream(_ ended: Ended) async throws {
    let certificates = try CertificateFolder()
    let server = try TLSPipe(certificates: certificates, protocolName: "h2") { ends in
      _ = ends.read { HTTP2Frames.hasRequest($0, stream: 1) }
      ends.write(HTTP2Frames.settings + HTTP2Frames.settingsAcknowledged + ended.frames)
      // The connection stays until the client leaves: its end must not race with the frames.
      if ended.frames.isEmpty { ends.close() } else { _ = ends.read { _ in false } }
    }
    let failure = try await failure(of: .get(server.origin), .init(caFile: certificates.caFile))
    #expect(failure.reason == .connectionLost, "\(failure)")
    #expect(failure.mayHaveBeenSent == ended.mayHaveBeenSent, "\(failure)")
  }
}
