// SPDX-License-Identifier: Apache-2.0
internal import CCurl
package import EventLoop
internal import Glibc
package import HTTP
internal import Synchronization

/// The transport on libcurl's multi interface, with its own kept-alive connections.
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
  private let mailbox = Mailbox()
  private let station: Station
  /// Where the transport has a loop of its own.
  private let ownLoop: EventLoop?
  private let nextID = Atomic<UInt64>(0)

  /// Sets libcurl up; connections are made when requests need them.
  ///
  /// - Parameter loop: moves the bytes; `nil`: a loop of the transport's own, with one thread.
  /// - Throws: `CurlError` when the CA file cannot be read or libcurl refuses an option,
  ///   `SystemCallError` when the kernel gives no descriptor or thread.
  package init(configuration: Configuration = Configuration(), loop: EventLoop? = nil) throws {
    if let caFile = configuration.caFile, unsafe access(caFile, R_OK) != 0 {
      throw CurlError("the CA file \(caFile) cannot be read")
    }
    // Safe from any thread in this build of libcurl (curl_version_info: CURL_VERSION_THREADSAFE),
    // and counted.
    guard ccurl_global_init() == CURLE_OK else { throw CurlError("curl_global_init failed") }
    self.configuration = configuration
    let multi = try MultiHandle(
      configuration: configuration, mailbox: mailbox, counters: counters)
    let driving = try loop ?? EventLoop(threads: 1, name: "curl")
    ownLoop = loop == nil ? driving : nil
    station = try driving.attach(multi)
  }

  deinit {
    // No request is inside: each holds the transport.
    station.detach()
    ownLoop?.stop()
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
        station.signal()
      }
    } onCancel: {
      mailbox.cancel(id)
      station.signal()
    }
    return try result.get()
  }

  /// Refuses further requests, waits for those inside (each ends by its own timeout) and closes the
  /// connections.
  package func close() async {
    await withCheckedContinuation { closer in
      mailbox.close(closer)
      station.signal()
    }
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
