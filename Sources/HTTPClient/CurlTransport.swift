// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import Glibc
package import HTTP
internal import Synchronization

/// The transport on libcurl's multi interface: a few loops, each with its own thread and its own
/// kept-alive connections.
///
/// HTTP/1.1, or HTTP/2 where the server offers it over TLS. TLS 1.2 or newer, the certificate and
/// its name are verified. No redirects, proxies, cookies or credentials from files; no header but
/// the request's own, `Host` and `Content-Length`; never a second try.
package final class CurlTransport: Transport {
  /// What is going on, and what has been going on since the start.
  package struct Statistics: Sendable, Equatable {
    /// Connections that stand now, busy or idle.
    package var openConnections: Int
    /// Requests inside now.
    package var requestsInFlight: Int
    /// Requests that made a connection.
    package var connectionsMade: Int
    /// Requests that ran on a kept connection.
    package var connectionsReused: Int
  }

  private let configuration: Configuration
  private let counters = Counters()
  private let loops: [LoopThread]
  private let nextID = Atomic<UInt64>(0)

  /// Starts the loops' threads; connections are made when requests need them.
  ///
  /// - Throws: `CurlError` when the CA file cannot be read or libcurl refuses an option,
  ///   `SystemCallError` when the kernel gives no descriptor or thread.
  package init(configuration: Configuration = Configuration()) throws {
    if let caFile = configuration.caFile, unsafe access(caFile, R_OK) != 0 {
      throw CurlError("the CA file \(caFile) cannot be read")
    }
    // Safe from any thread in this build of libcurl (curl_version_info: CURL_VERSION_THREADSAFE),
    // and counted.
    guard ccurl_global_init() == CURLE_OK else { throw CurlError("curl_global_init failed") }
    self.configuration = configuration
    var loops: [LoopThread] = []
    do {
      for _ in 0..<max(1, configuration.loops) {
        loops.append(try LoopThread(configuration: configuration, counters: counters))
      }
    } catch {
      for loop in loops { loop.letGo() }
      throw error
    }
    self.loops = loops
  }

  deinit {
    // No request is inside: each holds the transport.
    for loop in loops { loop.letGo() }
  }

  /// Sends one request; safe from any task. A cancelled task gives the transfer up and gets
  /// `.timeout`.
  ///
  /// - Throws: `.connect`, not sent, when `maximumInFlight` requests are inside or the transport is
  ///   closed.
  package func send(_ request: OutboundRequest) async throws(TransportFailure) -> InboundAnswer {
    guard counters.enter(limit: configuration.maximumInFlight) else {
      throw TransportFailure(
        .connect, mayHaveBeenSent: false,
        detail: "\(configuration.maximumInFlight) requests are in flight")
    }
    defer { counters.leave() }
    let id = nextID.add(1, ordering: .relaxed).newValue
    let mailbox = loops[Int(id % UInt64(loops.count))].mailbox
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        guard mailbox.post(Job(id: id, request: request, waiter: waiter)) else {
          waiter.resume(
            returning: .failure(
              TransportFailure(.connect, mayHaveBeenSent: false, detail: "the transport is closed"))
          )
          return
        }
        // A cancellation before the line above found nothing to cancel.
        if Task.isCancelled { mailbox.cancel(id) }
      }
    } onCancel: {
      mailbox.cancel(id)
    }
    return try result.get()
  }

  /// Refuses further requests, waits for those inside (each ends by its own timeout), closes the
  /// connections and joins the threads.
  package func close() async {
    for loop in loops { loop.mailbox.close() }
    for loop in loops { await loop.close() }
  }

  /// The counters now; they are read one by one, not as one moment.
  package var statistics: Statistics {
    Statistics(
      openConnections: counters.open.load(ordering: .relaxed),
      requestsInFlight: counters.inFlight.load(ordering: .relaxed),
      connectionsMade: counters.made.load(ordering: .relaxed),
      connectionsReused: counters.reused.load(ordering: .relaxed))
  }
}
