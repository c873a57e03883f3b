// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// An HTTP/1.1 server on libmicrohttpd: reads whole requests, hands them to a handler, sends its responses.
package final class HTTPServer: Sendable {
  /// Where the server really listens, with the port that the kernel chose.
  package let boundAddress: ListenAddress

  /// Starts listening.
  ///
  /// - Parameters:
  ///   - reject: makes the response to a request that the server refuses itself; gets what was read of the
  ///     request (never its body), or `nil` when its headers were not in yet. Called on I/O threads: must not
  ///     wait.
  ///   - handle: answers a request; returning is answering, exactly once. Runs in a task of its own.
  package init(
    _ configuration: Configuration,
    reject: @escaping @Sendable (Rejection, HTTPRequest?) -> HTTPResponse,
    handle: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
  ) throws(ListenError) {
    boundAddress = configuration.listen
    throw ListenError(code: .library, message: "not yet written")
  }

  /// Accepts no more connections; open ones go on. Returns at once; further calls do nothing.
  package func stopListening() {}

  /// Stops listening and waits until every request that was sent is answered; answers say
  /// `Connection: close` from now on.
  ///
  /// - Returns: `false` when `limit` ran out first.
  package func drain(for limit: Duration) async -> Bool { true }

  /// Closes every connection and ends the threads. Requests still inside get no answer. Further calls do
  /// nothing. Blocks for the time it takes the threads to end.
  package func stop() {}

  /// What the server has done so far.
  package var statistics: ServerStatistics { ServerStatistics() }
}
