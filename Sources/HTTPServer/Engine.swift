// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import EventLoop
internal import Glibc
internal import HTTP
internal import Synchronization

/// What the daemon, its connections and the watch of one server share.
final class Engine: Sendable {
  let configuration: HTTPServer.Configuration
  let counters = Counters()
  let watch: Watch
  /// Runs the handlers.
  let loop: EventLoop
  let handle: @Sendable (HTTPRequest) async -> HTTPResponse
  private let makeRejection: @Sendable (Rejection, HTTPRequest?) -> HTTPResponse
  /// The daemon's, once it has one.
  private let station = Guarded<Station?>(nil)
  private let connections = Guarded<[ObjectIdentifier: Connection]>([:])
  private let credentials: Guarded<TLSCredentials?>
  private let draining = Atomic(false)
  /// Whether no more connections come, so that the last one to go is the last.
  private let isAwaitingEnd = Atomic(false)
  private let stopping = Atomic(false)
  /// Yields when the last connection and the last request of a draining server are gone.
  let emptied: AsyncStream<Void>
  private let emptiedContinuation: AsyncStream<Void>.Continuation

  init(
    _ configuration: HTTPServer.Configuration, watch: Watch, loop: EventLoop,
    reject: @escaping @Sendable (Rejection, HTTPRequest?) -> HTTPResponse,
    handle: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
  ) {
    self.configuration = configuration
    self.watch = watch
    self.loop = loop
    self.handle = handle
    makeRejection = reject
    credentials = Guarded(configuration.tls)
    (emptied, emptiedContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  // MARK: The daemon

  func drive(from station: Station) { self.station.withLock { $0 = station } }

  /// Connections were resumed: without a thread of its own the library learns of it in its next
  /// turn only.
  func wakeDaemon() { station.withLock { $0 }?.signal() }

  // MARK: TLS

  /// What new connections get; `nil` for plain HTTP.
  var tls: TLSCredentials? { credentials.withLock { $0 } }

  func use(_ renewed: TLSCredentials) { credentials.withLock { $0 = renewed } }

  // MARK: Requests

  /// Makes and counts the response to a refused request.
  func reject(_ rejection: Rejection, _ request: HTTPRequest?) -> HTTPResponse {
    counters.count(rejection)
    return makeRejection(rejection, request)
  }

  /// Counts a request in; `false` when there are as many as allowed.
  func enter() -> Bool {
    let before = counters.requestsInside.wrappingAdd(1, ordering: .relaxed).oldValue
    guard before < configuration.maximumRequestsInside else {
      counters.requestsInside.add(-1)
      return false
    }
    counters.requests.add()
    return true
  }

  func leave() {
    counters.requestsInside.wrappingAdd(-1, ordering: .sequentiallyConsistent)
    tellIfDrained()
  }

  // MARK: Connections

  var isFull: Bool {
    counters.openConnections.load(ordering: .sequentiallyConsistent)
      >= configuration.maximumConnections
  }

  /// Gives an accepted socket to the daemon.
  func admit(
    _ socket: Int32, _ storage: inout sockaddr_storage, _ length: socklen_t, to driver: Driver
  ) {
    counters.openConnections.wrappingAdd(1, ordering: .sequentiallyConsistent)
    let isAdded = unsafe withUnsafePointer(to: &storage) { storage in
      unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe driver.add(socket, address: $0, length: length)
      }
    }
    if isAdded {
      counters.acceptedConnections.add()
    } else {
      counters.openConnections.wrappingAdd(-1, ordering: .sequentiallyConsistent)
      configuration.log("a connection could not be handed to the HTTP library")
    }
  }

  func remember(_ connection: Connection) {
    connections.withLock { $0[ObjectIdentifier(connection)] = connection }
  }

  func forget(_ connection: Connection) {
    connections.withLock { $0[ObjectIdentifier(connection)] = nil }
  }

  /// The connection is not open any more; it is forgotten once no handler has its request.
  func closed(_ connection: Connection, isHandled: Bool) {
    if !isHandled { forget(connection) }
    counters.openConnections.wrappingAdd(-1, ordering: .sequentiallyConsistent)
    watch.connectionClosed()
    tellIfDrained()
  }

  /// A client may be gone before its answer is there: the request goes on all the same.
  private func tellIfDrained() {
    if isAwaitingEnd.load(ordering: .sequentiallyConsistent),
      counters.openConnections.load(ordering: .sequentiallyConsistent) == 0,
      counters.requestsInside.load(ordering: .sequentiallyConsistent) == 0
    {
      emptiedContinuation.yield()
    }
  }

  /// Every connection that is open now, or whose request is still handled.
  var livingConnections: [Connection] { connections.withLock { Array($0.values) } }

  // MARK: The end

  var isDraining: Bool { draining.load(ordering: .sequentiallyConsistent) }
  var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

  /// From now on answers close their connection.
  func beginDraining() { draining.store(true, ordering: .sequentiallyConsistent) }

  /// No more connections come: `emptied` tells when the last one is gone, which may be now.
  func awaitEnd() {
    isAwaitingEnd.store(true, ordering: .sequentiallyConsistent)
    tellIfDrained()
  }

  /// From now on no request reaches the handler; wakes the connections whose handler is running.
  func beginStopping() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    for connection in livingConnections { connection.abort() }
    emptiedContinuation.yield()
  }

  // MARK: The library's log

  /// Passes a line on, but for those that only say that this server refused a request on purpose, or
  /// that a handshake failed, whatever the reason.
  func heard(_ line: String) {
    for known in [
      "Application reported internal error", "Failed to parse `Content-Length' header",
      "Too large value of 'Content-Length' header",
      "Failed to send the response headers for the request",
    ] where line.hasPrefix(known) { return }
    if line.hasPrefix("Error: received handshake message out of context") {
      counters.failedHandshakes.add()
      return
    }
    if line.hasPrefix("Error processing request") {
      if let refusal = LibraryRefusal(line: line), refuse(refusal) { return }
      counters.malformed.add()
    }
    let text = line.hasSuffix("\n") ? String(line.dropLast()) : line
    configuration.log(text)
  }
}
