// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
package import EventLoop
package import HTTP

/// An HTTP/1.1 server on libmicrohttpd: reads whole requests, hands them to a handler, sends its
/// responses.
package final class HTTPServer: Sendable {
  /// Where the server really listens, with the port that the kernel chose.
  package let boundAddress: ListenAddress

  private let engine: Engine
  private let driver: Driver
  /// Where the server has a loop of its own.
  private let ownLoop: EventLoop?
  private let isStopped = Guarded(false)

  /// Starts listening.
  ///
  /// - Parameters:
  ///   - loop: moves the bytes and runs the handler; `nil`: a loop of the server's own, with
  ///     `configuration.threads` threads.
  ///   - reject: makes the response to a request that the server refuses itself; gets what was read
  ///     of the request (never its body), or `nil` when its headers were not in yet. Called on I/O
  ///     threads: must not wait.
  ///   - handle: answers a request; returning is answering, exactly once. Runs in a task of its own
  ///     on the loop, which is cancelled when the server stops.
  package init(
    _ configuration: Configuration, loop: EventLoop? = nil,
    reject: @escaping @Sendable (Rejection, HTTPRequest?) -> HTTPResponse,
    handle: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
  ) throws(ListenError) {
    let socket = try ListenSocket(configuration.listen, configuration.socket)
    boundAddress = socket.address
    let watch = try Watch(socket)
    let driving =
      if let loop { loop } else { try HTTPServer.makeLoop(threads: configuration.threads) }
    ownLoop = loop == nil ? driving : nil
    engine = Engine(configuration, watch: watch, loop: driving, reject: reject, handle: handle)
    do throws(ListenError) {
      driver = try Driver(engine)
    } catch {
      ownLoop?.stop()
      throw error
    }
    do throws(ListenError) {
      try watch.start(driver)
    } catch {
      driver.stop()
      ownLoop?.stop()
      throw error
    }
  }

  deinit { stop() }

  /// Finds out whether a server could listen on `address` now. Nothing is changed.
  package static func check(_ address: ListenAddress) throws(ListenError) {
    try ListenSocket.check(address)
  }

  /// Accepts no more connections; those that the kernel has accepted are served. Further calls do
  /// nothing.
  package func stopListening() { engine.watch.stopListening() }

  /// Stops listening and waits until every request that was sent is answered and every connection
  /// closed; answers say `Connection: close` from now on, and idle connections are closed after a
  /// second.
  ///
  /// - Returns: `false` when `limit` ran out first.
  package func drain(for limit: Duration) async -> Bool {
    engine.beginDraining()
    stopListening()
    engine.awaitEnd()
    engine.watch.ring()
    return await withTaskGroup(of: Bool.self) { [engine] group in
      group.addTask {
        for await _ in engine.emptied { return true }
        return false
      }
      group.addTask {
        try? await Task.sleep(for: limit)
        return false
      }
      let isEmpty = await group.next() ?? false
      group.cancelAll()
      return isEmpty
    }
  }

  /// Closes every connection. Requests still inside get no answer. Further
  /// calls do nothing. Blocks for the time it takes its threads to end.
  package func stop() {
    let isFirst = isStopped.withLock { isStopped in
      defer { isStopped = true }
      return !isStopped
    }
    guard isFirst else { return }
    stopListening()
    driver.stop()
    ownLoop?.stop()
  }

  /// Whether it speaks TLS.
  package var isEncrypted: Bool { engine.configuration.tls != nil }

  /// Gives connections from now on other credentials; those that are open keep theirs.
  ///
  /// - Precondition: the server was started with some.
  package func use(_ credentials: TLSCredentials) {
    precondition(isEncrypted, "credentials for a server of plain HTTP")
    engine.use(credentials)
  }

  /// What the server has done so far.
  package var statistics: ServerStatistics { engine.counters.snapshot }

  private static func makeLoop(threads: Int) throws(ListenError) -> EventLoop {
    do throws(SystemCallError) {
      return try EventLoop(threads: threads, name: "http")
    } catch {
      throw ListenError(code: .library, message: "the kernel gave no threads: \(error)")
    }
  }
}
