// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("TLS and HTTP/2 between the gateway and WeChat Pay", .timeLimit(.minutes(5)))
struct TLSFaultTests {
  private func nginx(
    _ kind: CertificateFolder, before deployment: Deployment, listen: String = "ssl",
    _ more: String = ""
  ) throws -> NginxServer {
    try NginxServer(
      listen: listen, certificates: kind,
      server: """
        \(more)
        location /v3/ { proxy_pass http://\(deployment.simulatorAddress); }
        """)
  }

  private func trust(_ certificates: CertificateFolder) -> (String) -> String {
    { text in
      text.replacing(/\nca_file = "[^"]*"/, with: "")
        .replacing("[store]", with: "ca_file = \"file:\(certificates.caFile)\"\n[store]")
    }
  }

  @Test("a host that cannot prove who it is gets nothing, and a proper one everything")
  func identity() async throws {
    let deployment = try await Deployment(.publicKey(upstream: "timeout = \"2s\"\nretries = 2"))
    for kind in [CertificateFolder.Kind.otherName, .expired, .otherAuthority] {
      let certificates = try CertificateFolder(kind)
      let server = try nginx(certificates, before: deployment)
      try await deployment.reconfigure(upstream: server.origin, and: trust(certificates))
      let answer = try await deployment.upload(["A1"], number: "n-1")
      #expect(answer.status == 503 && answer.code == "UPSTREAM_UNAVAILABLE", "\(kind)")
      #expect(answer.outcome == "not_sent", "\(kind)")
      #expect(try await deployment.attempts(of: answer) == 3, "\(kind)")
    }
    #expect(try await deployment.callsReceived() == 0)

    let certificates = try CertificateFolder(.good)
    let server = try nginx(certificates, before: deployment)
    try await deployment.reconfigure(upstream: server.origin, and: trust(certificates))
    let answer = try await deployment.upload(["A1"], number: "n-1")
    #expect(answer.status == 200 && !answer.isRecovered)
    await deployment.stop()
  }

  @Test(
    "a server that ends its connections under load fails no request, and none is carried out twice",
    arguments: ["ssl", "ssl http2"])
  func endingConnections(listen: String) async throws {
    let deployment = try await Deployment(.publicKey(upstream: "timeout = \"5s\"\nretries = 3"))
    let certificates = try CertificateFolder(.good)
    // Seven requests on a connection, then GOAWAY or `Connection: close`; and every now and then
    // the server begins anew, which closes connections that are idle or about to be used.
    let server = try nginx(
      certificates, before: deployment, listen: listen, "keepalive_requests 7;")
    try await deployment.reconfigure(upstream: server.origin, and: trust(certificates))
    for round in 0..<4 {
      async let answers = deployment.uploads(round * 40..<round * 40 + 40, "a", atOnce: 10)
      server.reload()
      for answer in try await answers { #expect(answer.status == 200, "\(answer.json)") }
    }
    let uploads = try #require(try await deployment.books()["uploads"]?.arrayValue)
    #expect(uploads.count == 160)
    #expect(uploads.allSatisfy { $0["conflicts"] == 0 })
    await deployment.stop()
  }

  /// What a server does to a request in flight on HTTP/2.
  struct FrameFault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var frames: [UInt8]
    /// Whether it did not say that nothing was done (RFC 9113, sections 6.8 and 8.7).
    var isUnknown: Bool
  }

  static let frameFaults = [
    FrameFault(
      testDescription: "RST_STREAM, refused", frames: HTTP2Frames.reset(stream: 1, code: 7),
      isUnknown: false),
    FrameFault(
      testDescription: "RST_STREAM, internal error",
      frames: HTTP2Frames.reset(stream: 1, code: 2), isUnknown: true),
    // libcurl 7.88 does not tell this from other ends, so the careful answer is given.
    FrameFault(
      testDescription: "GOAWAY before the request", frames: HTTP2Frames.goAway(lastStream: 0),
      isUnknown: true),
    FrameFault(testDescription: "the connection's end", frames: [], isUnknown: true),
  ]

  @Test(
    "HTTP/2: only what the server says it did not process was not sent", arguments: frameFaults)
  func frames(fault: FrameFault) async throws {
    let deployment = try await Deployment(.publicKey(upstream: "timeout = \"5s\"\nretries = 0"))
    let certificates = try CertificateFolder(.good)
    let pipe = try TLSPipe(certificates: certificates, protocolName: "h2") { ends in
      _ = ends.read { HTTP2Frames.hasRequest($0, stream: 1) }
      ends.write(HTTP2Frames.settings + HTTP2Frames.settingsAcknowledged + fault.frames)
      // The connection stays until the client leaves: its end must not race with the frames.
      if fault.frames.isEmpty { ends.close() } else { _ = ends.read { _ in false } }
    }
    let simulator = "http://\(deployment.simulatorAddress)"
    try await deployment.reconfigure(upstream: pipe.origin, and: trust(certificates))
    let answer = try await deployment.upload(["A1"], number: "n-1")
    #expect(answer.code == (fault.isUnknown ? "UPSTREAM_TIMEOUT" : "UPSTREAM_UNAVAILABLE"))
    #expect(answer.outcome == (fault.isUnknown ? "unknown" : "not_sent"))
    try await deployment.reconfigure(upstream: simulator)
    let again = try await deployment.upload(["A1"], number: "n-1")
    #expect(again.status == 200 && again.isRecovered == fault.isUnknown)
    await deployment.stop()
  }
}
