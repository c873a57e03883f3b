// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Glibc
package import HTTP

/// An HTTP/1.1 server on libmicrohttpd: reads whole requests, hands them to a handler, sends its
/// responses.
package final class HTTPServer: Sendable {
  /// Where the server really listens, with the port that the kernel chose.
  package let boundAddress: ListenAddress

  private let engine: Engine
  private let threads: [IOThread]
  private let isStopped = Guarded(false)

  /// Starts listening.
  ///
  /// - Parameters:
  ///   - reject: makes the response to a request that the server refuses itself; gets what was read
  ///     of the
  ///     request (never its body), or `nil` when its headers were not in yet. Called on I/O
  ///     threads: must not
  ///     wait.
  ///   - handle: answers a request; returning is answering, exactly once. Runs in a task of its
  ///     own, which is
  ///     cancelled when the server stops.
  package init(
    _ configuration: Configuration,
    reject: @escaping @Sendable (Rejection, HTTPRequest?) -> HTTPResponse,
    handle: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
  ) throws(ListenError) {
    let socket = try ListenSocket(configuration.listen, configuration.socket)
    boundAddress = socket.address
    let watch = try Watch(socket)
    engine = Engine(configuration, watch: watch, reject: reject, handle: handle)
    threads = try HTTPServer.startThreads(engine)
    do throws(ListenError) {
      try watch.start(threads)
    } catch {
      for thread in threads { thread.stop() }
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
    stopListening()
    engine.beginDraining()
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

  /// Closes every connection and ends the threads. Requests still inside get no answer. Further
  /// calls do nothing. Blocks for the time it takes the threads to end.
  package func stop() {
    let isFirst = isStopped.withLock { isStopped in
      defer { isStopped = true }
      return !isStopped
    }
    guard isFirst else { return }
    stopListening()
    engine.beginStopping()
    for thread in threads { thread.stop() }
    engine.watch.end()
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

  private static func startThreads(_ engine: Engine) throws(ListenError) -> [IOThread] {
    let count = engine.configuration.threads > 0 ? engine.configuration.threads : coreCount
    var threads: [IOThread] = []
    for _ in 0..<count {
      guard let thread = IOThread(engine) else {
        for thread in threads { thread.stop() }
        throw ListenError(code: .library, message: "the HTTP library could not start a thread")
      }
      threads.append(thread)
    }
    return threads
  }

  private static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
