// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Glibc
internal import HTTP
internal import HTTPServer
internal import TestSupport

extension FuzzTarget {
  /// The front end itself: whatever a client sends on one connection.
  static let server = FuzzTarget("server", seeds: ["Tests/Fuzz/Corpus/request-head"]) { bytes in
    let server = try RunningServer.only.get()
    server.handled.withLock { $0 = [] }
    let socket = try ScriptedSocket(connectingTo: server.address, within: .seconds(8))
    // In two parts, so that the library has to wait in the middle of everything.
    let middle = bytes.reduce(0) { $0 &+ Int($1) &* 7 } % (bytes.count + 1)
    if try socket.sendUntilBroken(Array(bytes[..<middle])),
      try socket.sendUntilBroken(Array(bytes[middle...]))
    {
      socket.finishSending()
    }
    do throws(ScriptedSocket.Failure) {
      let answers = try socket.readToEnd()
      try checkAnswers(answers)
    } catch {
      guard error == .broken else { throw BrokenLaw(description: "the connection ends: \(error)") }
    }
    socket.close()
    server.waitForTheEnd()
    let meant = ReferenceReader.requests(in: bytes)
    let handled = server.handled.withLock { $0 }
    try law(
      handled.elementsEqual(meant.prefix(handled.count)),
      "a request means what it means to a strict reader: \(handled) is not in \(meant)")
  }

  private static func checkAnswers(_ answers: [UInt8]) throws(ScriptedSocket.Failure) {
    guard answers.isEmpty || answers.starts(with: "HTTP/1.1 ".utf8) else {
      throw .notHTTP(String(decoding: answers, as: UTF8.self))
    }
  }
}

/// A request as a handler sees it.
private struct PlainRequest: Sendable, Equatable {
  var method: String
  var path: String
  var query: String?
  /// `nil` when it came in chunks.
  var body: [UInt8]?
}

private final class RunningServer: Sendable {
  let handled: Guarded<[PlainRequest]>
  let address: ListenAddress
  // Both live as long as the process.
  private let folder: TemporaryFolder
  private let server: HTTPServer

  static let only = Result { try RunningServer() }

  /// No connection is open and no handler runs: what came on one is not taken for what comes on the
  /// next.
  func waitForTheEnd() {
    while server.statistics.openConnections > 0 || server.statistics.requestsInside > 0 {
      sched_yield()
    }
  }

  private init() throws {
    let handled = Guarded<[PlainRequest]>([])
    folder = try TemporaryFolder()
    var configuration = HTTPServer.Configuration(listen: .unix(path: folder.file("socket")))
    configuration.threads = 1
    configuration.maximumBodyBytes = 256
    // libmicrohttpd misses an end of input that comes together with half a request; then the time ends it.
    configuration.readTimeout = .milliseconds(50)
    configuration.idleTimeout = .milliseconds(50)
    server = try HTTPServer(
      configuration,
      reject: { _, _ in HTTPResponse(status: 400, body: Array("refused".utf8)) },
      handle: { request in
        handled.withLock {
          $0.append(
            PlainRequest(
              method: request.method, path: request.path, query: request.query,
              body: request.headers["Transfer-Encoding"] == nil ? request.body : nil))
        }
        return HTTPResponse(status: 200, body: Array("answered".utf8))
      })
    self.handled = handled
    address = server.boundAddress
  }
}

/// Reads requests as strictly as RFC 9112 allows, and stops at the first thing that is not right,
/// and behind a body in chunks: what libmicrohttpd takes for chunks is more than that.
private struct ReferenceReader {
  private var rest: ArraySlice<UInt8>

  static func requests(in bytes: [UInt8]) -> [PlainRequest] {
    var reader = ReferenceReader(rest: bytes[...])
    var requests: [PlainRequest] = []
    while let request = reader.next() {
      requests.append(request)
      if request.body == nil { break }
    }
    return requests
  }

  private mutating func next() -> PlainRequest? {
    // RFC 9112, 2.2: empty lines before a request are ignored, and may end without a carriage return.
    // libmicrohttpd takes a line that begins with a zero byte for an empty one.
    while let first = rest.first, isLineEnd(first) || first == 0 {
      rest = isLineEnd(first) ? rest.dropFirst() : rest.drop { $0 != UInt8(ascii: "\n") }
    }
    guard let start = line() else { return nil }
    let parts = start.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 3, isToken(parts[0]), let target = try? RequestTarget(parsing: parts[1]),
      isVersion(parts[2]), let headers = headers()
    else { return nil }
    let isHTTP10 = parts[2].last == UInt8(ascii: "0")
    guard let framing = try? RequestFraming(headers, isHTTP10: isHTTP10) else { return nil }
    var request = PlainRequest(
      method: String(decoding: parts[0], as: UTF8.self), path: target.path, query: target.query,
      body: [])
    switch framing {
    case .noBody: break
    case .chunked: request.body = nil
    case .length(let count):
      guard count <= rest.count else { return nil }
      request.body = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    return request
  }

  private func isLineEnd(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
  }

  /// RFC 9110, 2.5: a higher minor version than 1.1 is processed as 1.1.
  private func isVersion(_ text: ArraySlice<UInt8>) -> Bool {
    guard let minor = text.last, text.dropLast().elementsEqual("HTTP/1.".utf8) else { return false }
    return (0x30...0x39).contains(minor)
  }

  private mutating func headers() -> Headers? {
    var headers = Headers()
    while let line = line() {
      if line.isEmpty { return headers }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isToken(line[..<colon]) else {
        return nil
      }
      let value = trimmed(line[(colon + 1)...])
      guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return nil }
      headers.append(
        String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
    return nil
  }

  /// Up to CR LF, which is taken too. A zero byte before or behind a bare LF may stand for either:
  /// libmicrohttpd puts zeros in the place of line ends, so that nobody can tell afterwards
  /// (`HeadReader`).
  private mutating func line() -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    if end > rest.startIndex, rest[end - 1] == UInt8(ascii: "\r") || rest[end - 1] == 0 {
      defer { rest = rest[(end + 1)...] }
      return rest[..<(end - 1)]
    }
    guard end + 1 < rest.endIndex, rest[end + 1] == 0 else { return nil }
    defer { rest = rest[(end + 2)...] }
    return rest[..<end]
  }

  private func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes.drop { $0 == 0x20 || $0 == 0x09 }
    while bytes.last == 0x20 || bytes.last == 0x09 { bytes.removeLast() }
    return bytes
  }

  private func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.isEmpty
      && bytes.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}
