// SPDX-License-Identifier: Apache-2.0
package import HTTP

extension HTTPServer {
  /// Limits and times of one server.
  package struct Configuration: Sendable {
    /// Where to listen; port 0 lets the kernel choose.
    package var listen: ListenAddress
    /// Of the file of a unix socket.
    package var socket: SocketPermissions
    /// I/O threads; 0 is one per core.
    package var threads: Int
    /// Open connections; more of them wait in the kernel's backlog.
    package var maximumConnections: Int
    /// Requests with the handler at the same time; more of them get `Rejection.overloaded`.
    package var maximumRequestsInside: Int
    /// Bytes of a request's body.
    package var maximumBodyBytes: Int
    /// Bytes of a request's first line and headers.
    package var maximumHeaderBytes: Int
    /// To send one whole request, from its first byte to its last.
    package var readTimeout: Duration
    /// To take one whole response.
    package var writeTimeout: Duration
    /// Between two requests of a connection.
    package var idleTimeout: Duration
    /// Whether the handler starts on the I/O thread and leaves it at its first suspension. Saves
    /// two thread switches for handlers that often answer without waiting; wrong for handlers that
    /// compute for long.
    package var startsOnIOThread: Bool
    /// `nil`: plain HTTP.
    package var tls: TLSCredentials?
    /// Gets what the HTTP library has to say, a line each, from any thread.
    package var log: @Sendable (String) -> Void

    package init(
      listen: ListenAddress, socket: SocketPermissions = .standard, threads: Int = 0,
      maximumConnections: Int = 4096,
      maximumRequestsInside: Int = .max, maximumBodyBytes: Int = 65536,
      maximumHeaderBytes: Int = 6144, readTimeout: Duration = .seconds(10),
      writeTimeout: Duration = .seconds(30), idleTimeout: Duration = .seconds(75),
      startsOnIOThread: Bool = false, tls: TLSCredentials? = nil,
      log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      self.listen = listen
      self.socket = socket
      self.threads = threads
      self.maximumConnections = maximumConnections
      self.maximumRequestsInside = maximumRequestsInside
      self.maximumBodyBytes = maximumBodyBytes
      self.maximumHeaderBytes = maximumHeaderBytes
      self.readTimeout = readTimeout
      self.writeTimeout = writeTimeout
      self.idleTimeout = idleTimeout
      self.startsOnIOThread = startsOnIOThread
      self.tls = tls
      self.log = log
    }
  }
}
