// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Foundation
internal import Synchronization

/// A server on loopback whose every word a test decides: a script runs on a thread of its own for
/// each accepted connection, and may stay silent, cut answers off, or close when it likes.
package final class ScriptedServer: Sendable {
  /// A request as it came in.
  package struct Received: Sendable, Equatable {
    /// Request line and header lines, without line ends.
    package var head: [String]
    package var body: [UInt8]
    /// Which connection it came on, counted from 0.
    package var connection: Int

    /// The first value of a header, or `nil`.
    package func header(_ name: String) -> String? {
      let prefix = name.lowercased() + ":"
      guard let line = head.dropFirst().first(where: { $0.lowercased().hasPrefix(prefix) }) else {
        return nil
      }
      return line.dropFirst(prefix.count).trimmingCharacters(in: .whitespaces)
    }
  }

  private struct State: Sendable {
    var requests: [Received] = []
    var connections: [Int32] = []
    var isStopped = false
  }

  private let listener: Int32
  private let state = Guarded(State())
  /// The port on 127.0.0.1.
  package let port: UInt16

  /// `http://127.0.0.1:PORT`
  package var origin: String { "http://127.0.0.1:\(port)" }

  /// Every request read by the scripts so far.
  package var requests: [Received] { state.withLock { $0.requests } }

  /// How many connections were accepted so far.
  package var connectionCount: Int { state.withLock { $0.connections.count } }

  /// Starts listening. When a script returns, its connection is closed.
  package convenience init(_ script: @escaping @Sendable (ScriptedConnection) -> Void) throws {
    let (listener, port) = try Self.listen(backlog: 1024)
    self.init(listener, port, script)
  }

  /// Starts listening on a port that has refused connections until now.
  package convenience init(
    on reserved: ReservedPort, _ script: @escaping @Sendable (ScriptedConnection) -> Void
  ) throws {
    let listener = fcntl(reserved.sockets[0], F_DUPFD_CLOEXEC, 0)
    guard Glibc.listen(listener, 1024) == 0 else {
      throw SocketError(call: "listen", number: errno)
    }
    self.init(listener, reserved.port, script)
  }

  private init(
    _ listener: Int32, _ port: UInt16, _ script: @escaping @Sendable (ScriptedConnection) -> Void
  ) {
    self.listener = listener
    self.port = port
    let thread = Thread { [listener, weak self] in
      var index = 0
      while true {
        let socket = accept(listener, nil, nil)
        guard socket >= 0 else { return }
        var on: Int32 = 1
        unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        guard let server = self, server.add(socket) else {
          close(socket)
          return
        }
        let connection = ScriptedConnection(socket: socket, index: index, server: server)
        index += 1
        let worker = Thread {
          script(connection)
          connection.close()
        }
        worker.stackSize = 1 << 18
        worker.start()
      }
    }
    thread.start()
  }

  deinit { stop() }

  /// Closes the listener and every connection.
  package func stop() {
    let isFirst = state.withLock { state in
      if state.isStopped { return false }
      state.isStopped = true
      // Within the lock: a connection is marked as closed here before its number is free for
      // another.
      for socket in state.connections where socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
      return true
    }
    guard isFirst else { return }
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// A port on 127.0.0.1 that refuses every connection for as long as the returned value lives.
  package static func refusing() throws -> ReservedPort {
    let (socket, port) = try bound()
    return ReservedPort(sockets: [socket], port: port)
  }

  /// A port on 127.0.0.1 that answers no attempt to connect: its queue is full and nobody accepts.
  package static func unanswering() throws -> ReservedPort {
    let (listener, port) = try listen(backlog: 0)
    var sockets = [listener]
    for _ in 0..<4 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      var address = loopback(port)
      _ = unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(client, $0, 16)
        }
      }
      sockets.append(client)
    }
    return ReservedPort(sockets: sockets, port: port)
  }

  /// Starts a server that cannot be told to choose a port of 127.0.0.1 itself, with one that nobody
  /// has at this moment: another process may take it before the server does, so a few are tried.
  package static func onFreePort<Value>(_ start: (UInt16) throws -> Value) throws -> Value {
    var attemptsLeft = 5
    while true {
      do {
        return try start(freePort())
      } catch {
        attemptsLeft -= 1
        if attemptsLeft == 0 { throw error }
      }
    }
  }

  /// A port of 127.0.0.1 that nobody has at this moment, for a server that cannot be told to choose
  /// one itself.
  package static func freePort() throws -> UInt16 {
    let (socket, port) = try bound()
    close(socket)
    return port
  }

  fileprivate func note(_ request: Received) { state.withLock { $0.requests.append(request) } }

  fileprivate func closed(_ index: Int) { state.withLock { $0.connections[index] = -1 } }

  private func add(_ socket: Int32) -> Bool {
    state.withLock { state in
      if state.isStopped { return false }
      state.connections.append(socket)
      return true
    }
  }

  private static func listen(backlog: Int32) throws -> (Int32, UInt16) {
    let (socket, port) = try bound()
    guard Glibc.listen(socket, backlog) == 0 else {
      throw SocketError(call: "listen", number: errno)
    }
    return (socket, port)
  }

  private static func bound() throws -> (Int32, UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SocketError(call: "socket", number: errno) }
    var address = loopback(0)
    var length: socklen_t = 16
    let code = unsafe withUnsafeMutablePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, 16) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard code == 0 else { throw SocketError(call: "bind", number: errno) }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}

/// One accepted connection, in the hands of its script.
package final class ScriptedConnection: Sendable {
  private let socket: Int32
  private let server: ScriptedServer
  private let isClosed = Guarded(false)
  private let unread = Guarded<[UInt8]>([])
  /// Counted from 0 in the order of acceptance.
  package let index: Int

  fileprivate init(socket: Int32, index: Int, server: ScriptedServer) {
    self.socket = socket
    self.index = index
    self.server = server
  }

  /// Reads one request with its body (by `Content-Length`) and notes it in the server's list; `nil`
  /// when the client closed instead.
  package func readRequest() -> ScriptedServer.Received? {
    var bytes = unread.withLock { $0 }
    while true {
      if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        var request = ScriptedServer.Received(
          head: head.components(separatedBy: "\r\n"), body: [], connection: index)
        let length = Int(request.header("Content-Length") ?? "0") ?? 0
        if bytes.count >= end.upperBound + length {
          request.body = Array(bytes[end.upperBound..<(end.upperBound + length)])
          let rest = Array(bytes[(end.upperBound + length)...])
          unread.withLock { $0 = rest }
          server.note(request)
          return request
        }
      }
      guard let more = read() else { return nil }
      bytes += more
    }
  }

  /// The next bytes, whatever they are; `nil` when the client closed.
  package func read() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = unsafe recv(socket, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  /// Writes byte by byte with a pause after each, until the client is gone. The pace is the fault
  /// being played, not a wait.
  package func drip(_ text: String, pauseMilliseconds: Int32) {
    var wanted = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    for byte in text.utf8 {
      guard write([byte]), unsafe poll(&wanted, 1, pauseMilliseconds) == 0 else { return }
    }
  }

  /// Waits until the client closes.
  package func waitForEnd() {
    while read() != nil {}
  }

  /// Writes all of it; `false` when the client is gone.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Writes text as it stands.
  @discardableResult
  package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  /// Writes a whole answer with its length.
  @discardableResult
  package func answer(_ status: Int = 200, headers: String = "", body: String = "") -> Bool {
    write("HTTP/1.1 \(status) X\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  /// Closes in order: what was written still arrives.
  package func close() {
    let mustClose = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard mustClose else { return }
    server.closed(index)
    Glibc.close(socket)
  }

  /// Breaks off: the client gets a reset.
  package func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }
}

/// A port that is taken but serves nobody; free again when this goes.
package final class ReservedPort: Sendable {
  fileprivate let sockets: [Int32]
  package let port: UInt16

  fileprivate init(sockets: [Int32], port: UInt16) {
    self.sockets = sockets
    self.port = port
  }

  deinit { for socket in sockets { close(socket) } }
}

/// Something that happens once: one side says it did, others wait for it without polling.
package final class Happening: Sendable {
  private struct State: Sendable {
    var hasHappened = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Guarded(State())
  private let gate = DispatchSemaphore(value: 0)

  package init() {}

  /// Lets everyone go on who waits or will wait.
  package func happen() {
    let waiters = state.withLock { state in
      state.hasHappened = true
      defer { state.waiters = [] }
      return state.waiters
    }
    gate.signal()
    for waiter in waiters { waiter.resume() }
  }

  /// Waits in a task.
  package func wait() async {
    await withCheckedContinuation { waiter in
      let hasHappened = state.withLock { state in
        if !state.hasHappened { state.waiters.append(waiter) }
        return state.hasHappened
      }
      if hasHappened { waiter.resume() }
    }
  }

  /// Waits in a script's thread.
  package func waitOnThread() {
    gate.wait()
    gate.signal()
  }
}

/// A socket call that failed.
package struct SocketError: Error {
  package init(call: String, number: Int32) {
    self.call = call
    self.number = number
  }

  package let call: String
  package let number: Int32
}
