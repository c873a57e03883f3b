// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// `[server]`: the listener for callers.
package struct ServerSettings: Sendable, Equatable {
  package var listen: ListenAddress
  /// 0: one for each core that the process may use.
  package var threads: Int
  package var maxConnections: Int
  package var maxRequests: Int
  package var maxBodyBytes: Int
  /// To receive a whole request.
  package var readTimeout: Duration
  /// From the last byte of a request in to the first byte of its response out.
  package var requestTimeout: Duration
  /// How long requests inside may take to end after SIGTERM.
  package var drainTimeout: Duration
  /// Whether responses carry `Server-Timing`.
  package var serverTiming: Bool
  package var socket: SocketSettings
  /// nil: plain HTTP.
  package var tls: TLSSettings?
}

extension ServerSettings {
  enum Keys {
    static let listen = DefaultedKey(
      "listen", .listenAddress,
      default: .ipv4([127, 0, 0, 1], port: 8080),
      """
      Where callers connect. Other than loopback addresses and unix sockets need at least one \
      [[caller]]. Port 0 takes any free port.
      """, needsRestart: true)
    static let threads = DefaultedKey(
      "threads", .integer(0...1024), default: 0,
      """
      Threads that read and write connections and run requests; 0: one for each core that the \
      process may use.
      """, needsRestart: true)
    static let maxConnections = DefaultedKey(
      "max_connections", .integer(1...1_000_000), default: 4096,
      "Connections that may be open at once; more wait to be accepted or are closed.",
      needsRestart: true)
    static let maxRequests = DefaultedKey(
      "max_requests", .integer(1...1_000_000), default: 2048,
      """
      Requests that may be inside at once; more get 503 OVERLOADED at once. At about a millisecond \
      of CPU each, more would only wait.
      """, needsRestart: true)
    static let maxBodyBytes = DefaultedKey(
      "max_body_bytes", .integer(1...(64 << 20)), default: 65536,
      "The largest request body; a larger one is refused with 413 while it arrives.",
      needsRestart: true)
    static let readTimeout = DefaultedKey(
      "read_timeout", .duration(.milliseconds(10)...(.seconds(600))), default: .seconds(10),
      "How long a caller may take to send a whole request.", needsRestart: true)
    static let requestTimeout = DefaultedKey(
      "request_timeout", .duration(.milliseconds(10)...(.seconds(600))), default: .seconds(15),
      """
      How long a request may take inside, from its last byte in to the first byte of the response \
      out, with all attempts at WeChat Pay.
      """)
    static let drainTimeout = DefaultedKey(
      "drain_timeout", .duration(.zero...(.seconds(3600))), default: .seconds(20),
      "After SIGTERM, how long the requests inside may take to end.")
    static let serverTiming = DefaultedKey(
      "server_timing", .boolean, default: false,
      "Whether responses tell the time of each stage in the header Server-Timing.")
    static let socket = OptionalKey(
      "socket", SocketSettings.type,
      "Who may open the unix socket of listen. Absent: the gateway's user and group.")
    static let tls = OptionalKey(
      "tls", TLSSettings.type,
      """
      Serve HTTPS with this certificate. With client_ca, callers must show a certificate of that \
      authority. Absent: plain HTTP.
      """)
  }

  static let section = SectionDefinition(
    "server", "The listener that the calling services use.",
    keys: [
      Keys.listen.definition, Keys.threads.definition, Keys.maxConnections.definition,
      Keys.maxRequests.definition, Keys.maxBodyBytes.definition,
      Keys.readTimeout.definition, Keys.requestTimeout.definition, Keys.drainTimeout.definition,
      Keys.serverTiming.definition, Keys.socket.definition, Keys.tls.definition,
    ])

  init(_ section: SectionReader) {
    listen = section.value(Keys.listen)
    threads = section.value(Keys.threads)
    maxConnections = section.value(Keys.maxConnections)
    maxRequests = section.value(Keys.maxRequests)
    maxBodyBytes = section.value(Keys.maxBodyBytes)
    readTimeout = section.value(Keys.readTimeout)
    requestTimeout = section.value(Keys.requestTimeout)
    drainTimeout = section.value(Keys.drainTimeout)
    serverTiming = section.value(Keys.serverTiming)
    socket = section.value(Keys.socket) ?? .standard
    if section.node("socket") != nil, listen.port != nil {
      section.findings.warning(
        section.keyPath("socket"), at: section.place(of: "socket"),
        "is about a unix socket, but listen is \(listen)",
        remedy: "remove it, or write listen = \"unix:PATH\"")
    }
    tls = section.value(Keys.tls)
  }
}
