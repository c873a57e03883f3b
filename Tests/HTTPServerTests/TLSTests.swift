// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Glibc
import HTTP
import TestSupport
import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(2))) struct TLSTests {
  private func configuration(
    _ fixture: TLSFixture, asksForCertificates: Bool = false,
    readTimeout: Duration = .seconds(10),
    log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> HTTPServer.Configuration {
    HTTPServer.Configuration(
      listen: .anyPort, readTimeout: readTimeout,
      tls: try fixture.credentials(asksForCertificates: asksForCertificates), log: log)
  }

  @Test("curl gets its answer over TLS 1.3 and 1.2, and keeps the connection")
  func requests() async throws {
    let fixture = try TLSFixture()
    try await withServer(try configuration(fixture)) { server in
      for version in ["--tls-max 1.2 --tlsv1.2", "--tlsv1.3"] {
        let result = try await fixture.curl(
          server, "/twice",
          options: version.split(separator: " ").map(String.init) + ["--data", "hi"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("POST /twice"))
        #expect(result.output.hasSuffix("\n200"))
      }
      let port = server.boundAddress.port ?? 0
      let twice = try await fixture.curl(
        server, "/a",
        options: [
          "https://localhost:\(port)/b", "--connect-to", "localhost:\(port):127.0.0.1:\(port)",
          "--write-out", "%{num_connects}",
        ])
      #expect(twice.output.contains("GET /b"))
      #expect(server.statistics.acceptedConnections == 3)
    }
  }

  @Test("a big body comes in and goes out whole")
  func bigBody() async throws {
    let fixture = try TLSFixture()
    let body = String(repeating: "0123456789abcdef", count: 200_000)
    let file = try fixture.folder.write(body, to: "body")
    var configuration = try configuration(fixture)
    configuration.maximumBodyBytes = 4 << 20
    let echo: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
      HTTPResponse(status: 200, body: request.body)
    }
    try await withServer(configuration, handle: echo) { server in
      let result = try await fixture.curl(
        server, "/", options: ["--data-binary", "@\(file)", "--header", "Expect:"])
      #expect(result.status == 0)
      #expect(result.output == body + "\n200")
    }
  }

  @Test(
    "older versions, weak algorithms and other protocols are refused",
    arguments: [
      ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
      ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], ["-alpn", "h2"],
    ])
  func refusedParameters(options: [String]) async throws {
    let fixture = try TLSFixture()
    try await withServer(try configuration(fixture)) { server in
      let result = try await fixture.openssl(server, options)
      #expect(result.status != 0, "\(result.output)")
      try await server.wait { $0.failedHandshakes == 1 && $0.openConnections == 0 }
    }
  }

  @Test("requests that come in one piece are answered one after the other")
  func pipelined() async throws {
    let fixture = try TLSFixture()
    try await withServer(try configuration(fixture)) { server in
      let requests = ["/1", "/2", "/3"].map { "GET \($0) HTTP/1.1\r\nHost: h\r\n" }
      let result = try await fixture.openssl(
        server, ["-quiet"],
        input: requests.joined(separator: "\r\n") + "Connection: close\r\n\r\n")
      let answered = ["/1", "/2", "/3"].map { result.output.firstRange(of: "GET \($0)") }
      #expect(!answered.contains(nil), "\(result.output)")
      #expect(
        answered.compactMap { $0?.lowerBound } == answered.compactMap { $0?.lowerBound }.sorted())
    }
  }

  @Test("http/1.1 is chosen by ALPN")
  func applicationProtocol() async throws {
    let fixture = try TLSFixture()
    try await withServer(try configuration(fixture)) { server in
      let result = try await fixture.openssl(server, ["-alpn", "h2,http/1.1"])
      #expect(result.output.contains("ALPN protocol: http/1.1"), "\(result.output)")
    }
  }

  @Test("a client's verified certificate comes with its requests")
  func clientCertificate() async throws {
    let fixture = try TLSFixture()
    let client = try fixture.client(
      "/O=Test/OU=Payments/CN=coupon-service",
      names: "DNS:Coupon.internal,URI:spiffe://test/coupon,email:a@b.test,IP:10.0.0.1")
    let seen = Guarded<[ClientCertificate?]>([])
    let note: @Sendable (HTTPRequest) async -> HTTPResponse = { request in
      seen.withLock { $0.append(request.certificate) }
      return await describe(request)
    }
    let configuration = try configuration(fixture, asksForCertificates: true)
    try await withServer(configuration, handle: note) { server in
      for version in ["1.2", "1.3"] {
        let result = try await fixture.curl(
          server, "/", as: client, options: ["--tls-max", version])
        #expect(result.output.hasSuffix("\n200"), "\(result.output)")
      }
    }
    let certificates = seen.withLock { $0 }
    #expect(certificates.count == 2)
    for certificate in certificates {
      #expect(certificate?.subject == DistinguishedName("CN=coupon-service,OU=Payments,O=Test"))
      #expect(
        certificate?.names == [
          .dns("coupon.internal"), .uri("spiffe://test/coupon"), .email("a@b.test"),
        ])
      #expect(certificate?.digest.count == 32)
    }
  }

  @Test(
    "a client without a certificate, or with one that does not do, gets no answer",
    arguments: ["none", "foreign", "expired", "for servers", "self-signed"])
  func refusedClients(kind: String) async throws {
    let fixture = try TLSFixture()
    let foreign = try CertificateAuthority("foreign", in: fixture.folder)
    let client: CertificateAuthority.Credentials? =
      switch kind {
      case "foreign": try foreign.issue("client", subject: "/CN=a", usage: "clientAuth")
      case "expired":
        try fixture.authority.issue("client", subject: "/CN=a", usage: "clientAuth", days: -1)
      case "for servers": try fixture.authority.issue("c", subject: "/CN=a", usage: "serverAuth")
      case "self-signed":
        foreign.own
      default: nil
      }
    let lines = Guarded<[String]>([])
    let configuration = try configuration(fixture, asksForCertificates: true) { line in
      lines.withLock { $0.append(line) }
    }
    try await withServer(configuration) { server in
      for version in ["1.2", "1.3"] {
        let result = try await fixture.curl(
          server, "/", as: client, options: ["--tls-max", version])
        #expect(result.status != 0)
        #expect(result.output.hasSuffix("\n000"), "\(result.output)")
      }
      try await server.wait { $0.failedHandshakes == 2 && $0.openConnections == 0 }
      #expect(server.statistics.requests == 0)
    }
    let refusals = lines.withLock { $0 }
    #expect(refusals.count == (kind == "none" ? 0 : 2))
    #expect(refusals.allSatisfy { $0.contains("is refused: The certificate is NOT trusted.") })
  }

  @Test("new connections get a renewed certificate, and open ones go on with theirs")
  func renewal() async throws {
    let fixture = try TLSFixture()
    let renewed = try fixture.authority.issue(
      "renewed", subject: "/CN=renewed", names: "DNS:localhost", usage: "serverAuth")
    let gate = Gate()
    try await withServer(try configuration(fixture), handle: holding(at: gate)) { server in
      let before = try await fixture.openssl(server)
      #expect(before.output.contains("subject=CN = localhost"))
      async let held = fixture.curl(server, "/held")
      try await server.wait { $0.requestsInside == 1 }
      server.use(try fixture.credentials(renewed))
      await gate.open()
      #expect(try await held.output.hasSuffix("\n200"))
      let after = try await fixture.openssl(server)
      #expect(after.output.contains("subject=CN = renewed"))
    }
  }

  @Test("plain HTTP to a TLS port is told so, and bytes that are no handshake are closed")
  func notTLS() async throws {
    let fixture = try TLSFixture()
    try await withServer(try configuration(fixture)) { server in
      let response = try await server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(response.status == 400 && response.text.contains("this port takes https"))
      for text in ["\u{16}\u{3}\u{1}\u{0}\u{4}abcd", "\u{0}"] {
        let answer = try await server.talk { socket in
          _ = try socket.sendUntilBroken(Array(text.utf8))
          socket.finishSending()
          return try socket.readToEnd()
        }
        // Nothing in plain text: at most an alert, whose record type is 21.
        #expect(answer.isEmpty || answer.first == 21)
      }
      try await server.wait { $0.openConnections == 0 }
      #expect(try await fixture.curl(server).output.hasSuffix("\n200"))
    }
  }

  @Test("clients that stop in their handshake cost no time, hold nobody up and are closed")
  func slowHandshakes() async throws {
    let fixture = try TLSFixture()
    let hello = try await Self.clientHello()
    var configuration = try configuration(fixture, readTimeout: .milliseconds(1500))
    configuration.threads = 1
    try await withServer(configuration) { server in
      // Nothing, a part of the first message, and all of it without what must follow.
      let waiting = try [0, 30, hello.count].map { count in
        let socket = try ScriptedSocket(connectingTo: server.boundAddress)
        try socket.send(Array(hello[..<count]))
        return socket
      }
      let start = cpuTime()
      try await server.wait { $0.acceptedConnections == 3 }
      #expect(try await fixture.curl(server).output.hasSuffix("\n200"))
      try await server.wait { $0.openConnections == 0 }
      // The library alone would have spun for a second and a half.
      #expect(cpuTime() - start < .milliseconds(700))
      #expect(server.statistics.tooSlow == 0)
      withExtendedLifetime(waiting) {}
    }
  }

  @Test("a server with handshakes under way stops")
  func stopping() async throws {
    let fixture = try TLSFixture()
    let hello = try await Self.clientHello()
    try await withServer(try configuration(fixture)) { server in
      let socket = try ScriptedSocket(connectingTo: server.boundAddress)
      try socket.send(hello)
      try await server.wait { $0.openConnections == 1 }
      server.stop()
      #expect(server.statistics.openConnections == 0)
      withExtendedLifetime(socket) {}
    }
  }

  @Test("refusals are encrypted too: too large, malformed, too slow")
  func refusals() async throws {
    let fixture = try TLSFixture()
    try await withServer(try configuration(fixture, readTimeout: .milliseconds(500))) { server in
      let tooLarge = try await fixture.curl(
        server, "/", options: ["--header", "Content-Length: 100000", "--data", "x"])
      #expect(tooLarge.output.hasSuffix("bodyTooLarge(limit: 65536)\n413"), "\(tooLarge.output)")
      let malformed = try await fixture.curl(
        server, "/", options: ["--header", "Transfer-Encoding: gzip", "--data", "x"])
      #expect(malformed.output.hasSuffix("\n400"), "\(malformed.output)")
      // openssl keeps the connection open for as long as its input stays open, so sleep holds it.
      let slow = try await Command(
        "bash",
        [
          "-c",
          """
          (printf 'POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 9\\r\\n\\r\\nabc'; sleep 5) \
          | timeout 20 openssl s_client -quiet -no_ign_eof -verify_quiet -CAfile \
          \(fixture.authority.certificate) -connect 127.0.0.1:\(server.boundAddress.port ?? 0)
          """,
        ])()
      #expect(slow.output.contains("HTTP/1.1 408"), "\(slow.output)")
      #expect(slow.output.contains("tooSlow"))
      try await server.wait { $0.openConnections == 0 }
      #expect(server.statistics.tooSlow == 1)
    }
  }

  @Test("what is wrong with credentials is told, and about which part")
  func mistakes() throws {
    let fixture = try TLSFixture()
    let other = try fixture.authority.issue("other", subject: "/CN=other", usage: "serverAuth")
    let certificate = try TLSFixture.read(fixture.server.certificate)
    let key = try TLSFixture.read(fixture.server.key)
    func mistake(
      _ certificate: [UInt8], _ key: [UInt8], _ authorities: [UInt8]? = nil
    ) -> TLSMistake.Part? {
      do throws(TLSMistake) {
        _ = try TLSCredentials(
          certificateChain: certificate, privateKey: key, clientAuthorities: authorities)
        return nil
      } catch {
        return error.part
      }
    }
    #expect(mistake(certificate, key) == nil)
    #expect(mistake(certificate, key, certificate) == nil)
    #expect(mistake(Array("nothing".utf8), key) == .certificate)
    #expect(mistake(key, key) == .certificate)
    #expect(mistake(certificate, certificate) == .privateKey)
    #expect(mistake(certificate, try TLSFixture.read(other.key)) == .privateKey)
    #expect(mistake(certificate, key, []) == .clientAuthorities)
    #expect(mistake(certificate, key, key) == .clientAuthorities)
    try Command(
      "openssl",
      [
        "pkcs8", "-topk8", "-in", fixture.server.key, "-out", fixture.folder.file("locked.key"),
        "-passout", "pass:secret",
      ]
    ).succeed()
    #expect(
      throws: TLSMistake(
        .privateKey, "is encrypted", remedy: "decrypt it: openssl pkey -in KEY -out NEW_KEY")
    ) {
      try TLSCredentials(
        certificateChain: certificate, privateKey: fixture.folder.read("locked.key"))
    }
  }

  /// The first message of a handshake, as `openssl` sends it.
  private static func clientHello() async throws -> [UInt8] {
    let hello = Guarded<[UInt8]>([])
    let server = try ScriptedServer { connection in
      let bytes = connection.read() ?? []
      hello.withLock { $0 = bytes }
    }
    let port = server.port
    _ = try await Command(
      "timeout", ["5", "openssl", "s_client", "-connect", "127.0.0.1:\(port)"])()
    return hello.withLock { $0 }
  }
}

/// What this process has computed so far.
private func cpuTime() -> Duration {
  var time = timespec()
  unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
