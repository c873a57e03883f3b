// SPDX-License-Identifier: Apache-2.0

/// What a server has done since its start; the numbers are read one after the other, not at one
/// instant.
package struct ServerStatistics: Sendable, Equatable {
  /// Connections that are open now.
  package var openConnections = 0
  /// Requests that are with the handler now.
  package var requestsInside = 0
  /// Connections accepted since the start.
  package var acceptedConnections = 0
  /// Requests handed to the handler since the start.
  package var requests = 0
  /// Requests answered by `reject`, by kind.
  package var bodiesTooLarge = 0
  package var tooSlow = 0
  package var malformed = 0
  package var overloaded = 0
  /// Connections closed for staying idle.
  package var idleClosed = 0
  /// Connections closed because the client did not read its answer in time.
  package var slowReaders = 0
  /// Times that `accept` failed for want of descriptors or memory.
  package var acceptFailures = 0
  /// TLS handshakes that failed: no or a refused certificate, no TLS at all, too slow.
  package var failedHandshakes = 0
}
