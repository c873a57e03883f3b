// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Glibc
internal import HTTP
internal import Synchronization

/// What all threads of one server share.
final class Engine: Sendable {
  let configuration: HTTPServer.Configuration
  let counters = Counters()
  let watch: Watch
  let handle: @Sendable (HTTPRequest) async -> HTTPResponse
  private let makeRejection: @Sendable (Rejection, HTTPRequest?) -> HTTPResponse
  private let connections = Guarded<[ObjectIdentifier: Connection]>([:])
  private let credentials: Guarded<TLSCredentials?>
  private let draining = Atomic(false)
  private let stopping = Atomic(false)
  /// Yields when the last connection of a draining server is gone.
  let emptied: AsyncStream<Void>
  private let emptiedContinuation: AsyncStream<Void>.Continuation

  init(
    _ configuration: HTTPServer.Configuration, watch: Watch,
    reject: @escaping @Sendable (Rejection, HTTPRequest?) -> HTTPResponse,
    handle: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
  ) {
    self.configuration = configuration
    self.watch = watch
    self.handle = handle
    makeRejection = reject
    credentials = Guarded(configuration.tls)
    (emptied, emptiedContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

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

  func leave() { counters.requestsInside.add(-1) }

  // MARK: Connections

  var isFull: Bool {
    counters.openConnections.load(ordering: .sequentiallyConsistent)
      >= configuration.maximumConnections
  }

  /// Gives an accepted socket to the thread that has the fewest.
  func admit(
    _ socket: Int32, _ storage: inout sockaddr_storage, _ length: socklen_t, to threads: [IOThread]
  ) {
    guard let thread = threads.min(by: { $0.openConnections.value < $1.openConnections.value })
    else { return }
    counters.openConnections.wrappingAdd(1, ordering: .sequentiallyConsistent)
    let isAdded = unsafe withUnsafePointer(to: &storage) { storage in
      unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe thread.add(socket, address: $0, length: length)
      }
    }
    if isAdded {
      counters.acceptedConnections.add()
    } else {
      counters.openConnections.wrappingAdd(-1, ordering: .sequentiallyConsistent)
      configuration.log("a connection could not be handed to an I/O thread")
    }
  }

  func remember(_ connection: Connection) {
    connections.withLock { $0[ObjectIdentifier(connection)] = connection }
  }

  func forget(_ connection: Connection, of thread: IOThread) {
    connections.withLock { $0[ObjectIdentifier(connection)] = nil }
    thread.openConnections.add(-1)
    let left = counters.openConnections.wrappingAdd(-1, ordering: .sequentiallyConsistent).newValue
    watch.connectionClosed()
    if left == 0, isDraining { emptiedContinuation.yield() }
  }

  /// Every connection that is open now.
  var openConnections: [Connection] { connections.withLock { Array($0.values) } }

  // MARK: The end

  var isDraining: Bool { draining.load(ordering: .sequentiallyConsistent) }
  var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

  /// From now on answers close their connection.
  func beginDraining() {
    draining.store(true, ordering: .sequentiallyConsistent)
    if counters.openConnections.load(ordering: .sequentiallyConsistent) == 0 {
      emptiedContinuation.yield()
    }
  }

  /// From now on no request reaches the handler; wakes the connections whose handler is running.
  func beginStopping() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    for connection in openConnections { connection.abort() }
    emptiedContinuation.yield()
  }

  // MARK: The library's log

  /// Passes a line on, but for those that only say that this server refused a request on purpose, or
  /// that a handshake failed, whatever the reason.
  func heard(_ line: String) {
    if line.hasPrefix("Application reported internal error") { return }
    if line.hasPrefix("Error: received handshake message out of context") {
      counters.failedHandshakes.add()
      return
    }
    if line.hasPrefix("Error processing request") { counters.malformed.add() }
    let text = line.hasSuffix("\n") ? String(line.dropLast()) : line
    configuration.log(text)
  }
}
