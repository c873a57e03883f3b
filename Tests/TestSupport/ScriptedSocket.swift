// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Glibc
package import HTTP

/// A client that sends exactly the bytes it is told and shows exactly the bytes that come back.
///
/// Every call waits on its own thread's time, so scripts run in `offPool`: a test that blocked a
/// thread of the cooperative pool could wait for a server task that needs that thread. All waiting
/// ends at one deadline.
package final class ScriptedSocket {
  package enum Failure: Error, Equatable {
    /// The deadline of the whole script is over.
    case timedOut
    /// The peer closed in the middle of a response.
    case closed
    /// The peer reset the connection, or it cannot be written any more.
    case broken
    /// No connection; errno says why.
    case refused(errno: Int32)
    /// The bytes are not an HTTP response.
    case notHTTP(String)
  }

  /// One response as it came over the wire.
  package struct Response: Equatable {
    package var status: Int
    package var version: String
    package var headers: Headers
    package var body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }
  }

  private var descriptor: Int32
  private let deadline: ContinuousClock.Instant
  private var unread: [UInt8] = []

  /// Connects.
  ///
  /// - Parameters:
  ///   - receiveBuffer: bytes of the kernel's receive buffer, for a client that reads slowly.
  ///   - within: for the whole life of the socket.
  package init(
    connectingTo address: ListenAddress, receiveBuffer: Int32? = nil,
    within: Duration = .seconds(20)
  ) throws(Failure) {
    deadline = .now + within
    let family =
      switch address {
      case .ipv4: AF_INET
      case .ipv6: AF_INET6
      case .unix: AF_UNIX
      }
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw .refused(errno: errno) }
    if var receiveBuffer {
      unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
    }
    let bytes = ScriptedSocket.socketAddress(address)
    let result = unsafe bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return Int32(-1) }
      return unsafe connect(
        descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
    guard result == 0 else {
      let why = errno
      Glibc.close(descriptor)
      descriptor = -1
      throw .refused(errno: why)
    }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  deinit { close() }

  /// Runs a script on a thread of its own.
  package static func offPool<Result: Sendable>(
    _ script: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Swift.Result { try script() })
      }
    }
  }

  // MARK: Sending

  package func send(_ text: String) throws(Failure) { try send(Array(text.utf8)) }

  /// Sends all of it, waiting while the peer does not read.
  package func send(_ bytes: [UInt8]) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        try wait(for: Int16(POLLOUT))
      } else if errno != EINTR {
        throw .broken
      }
    }
  }

  /// Sends until the peer takes no more, and says how many bytes it took.
  package func sendUntilBroken(_ bytes: [UInt8]) throws(Failure) -> Bool {
    do throws(Failure) {
      try send(bytes)
      return true
    } catch .broken {
      return false
    }
  }

  /// Sends one byte at a time with pauses, until all is sent or the peer has something to say.
  ///
  /// - Returns: whether all was sent.
  package func drip(_ bytes: [UInt8], every pause: Duration) throws(Failure) -> Bool {
    for byte in bytes {
      guard try sendUntilBroken([byte]) else { return false }
      var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let milliseconds = pause.components.attoseconds / 1_000_000_000_000_000
      if unsafe poll(&descriptors, 1, Int32(clamping: milliseconds)) > 0 { return false }
      guard deadline > .now else { throw .timedOut }
    }
    return true
  }

  /// Says that nothing more will be sent; the answer can still be read.
  package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  // MARK: Receiving

  /// The next response, as long as its `Content-Length` says.
  ///
  /// - Parameter hasBody: `false` for the answer to HEAD.
  package func response(hasBody: Bool = true) throws(Failure) -> Response {
    let end = Array("\r\n\r\n".utf8)
    var headEnd: Int?
    while true {
      headEnd =
        unread.count < 4
        ? nil : (0...(unread.count - 4)).first { unread[$0..<($0 + 4)].elementsEqual(end) }
      if headEnd != nil { break }
      guard try receive() else { throw .closed }
    }
    let headLength = (headEnd ?? 0) + 4
    let lines = String(decoding: unread[..<(headLength - 4)], as: UTF8.self)
      .split(separator: "\r\n", omittingEmptySubsequences: false)
    let start = (lines.first ?? "").split(separator: " ", maxSplits: 2)
    guard start.count >= 2, start[0].hasPrefix("HTTP/1."), let status = Int(start[1]) else {
      throw .notHTTP(String(lines.first ?? ""))
    }
    var headers = Headers()
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { throw .notHTTP(String(line)) }
      headers.append(
        String(line[..<colon]),
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
    }
    unread.removeFirst(headLength)
    var length = 0
    if hasBody, status >= 200, status != 204, status != 304 {
      guard let text = headers["Content-Length"], let announced = Int(text) else {
        throw .notHTTP("no Content-Length")
      }
      length = announced
    }
    while unread.count < length {
      guard try receive() else { throw .closed }
    }
    let body = Array(unread[..<length])
    unread.removeFirst(length)
    return Response(status: status, version: String(start[0]), headers: headers, body: body)
  }

  /// Everything until the peer closes.
  package func readToEnd() throws(Failure) -> [UInt8] {
    while try receive() {}
    defer { unread = [] }
    return unread
  }

  /// Whether the peer closes without sending anything more.
  package func endsQuietly() throws(Failure) -> Bool { try readToEnd().isEmpty }

  /// Reads at most `count` bytes and forgets them; `false` when the peer has closed.
  package func discard(_ count: Int) throws(Failure) -> Bool {
    try receive(atMost: count, keep: false)
  }

  // MARK: Ending

  package func close() {
    guard descriptor >= 0 else { return }
    Glibc.close(descriptor)
    descriptor = -1
  }

  /// Closes with a reset instead of a farewell.
  package func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  // MARK: Inside

  private func receive(atMost most: Int = 1 << 16, keep: Bool = true) throws(Failure) -> Bool {
    var buffer = [UInt8](repeating: 0, count: most)
    while true {
      let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 {
        if keep { unread += buffer[..<count] }
        return true
      }
      if count == 0 { return false }
      switch errno {
      case EAGAIN: try wait(for: Int16(POLLIN))
      case EINTR: continue
      default: throw .broken
      }
    }
  }

  private func wait(for events: Int16) throws(Failure) {
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero else { throw .timedOut }
    var descriptors = pollfd(fd: descriptor, events: events, revents: 0)
    let milliseconds =
      left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
    _ = unsafe poll(&descriptors, 1, Int32(clamping: milliseconds))
  }

  /// The kernel's form of an address, by the layouts of ip(7), ipv6(7) and unix(7).
  private static func socketAddress(_ address: ListenAddress) -> [UInt8] {
    func start(_ family: Int32) -> [UInt8] { [UInt8(family & 0xFF), UInt8(family >> 8)] }
    func big(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(port & 0xFF)] }
    switch address {
    case .ipv4(let host, let port):
      return start(AF_INET) + big(port) + host + [UInt8](repeating: 0, count: 8)
    case .ipv6(let host, let port):
      return start(AF_INET6) + big(port) + [0, 0, 0, 0] + host + [0, 0, 0, 0]
    case .unix(let path):
      return start(AF_UNIX) + Array(path.utf8) + [0]
    }
  }
}
