// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPServer
import TestSupport

typealias Response = ScriptedSocket.Response

extension ListenAddress {
  /// A port of this machine that the kernel chooses.
  static let anyPort = ListenAddress.ipv4([127, 0, 0, 1], port: 0)
}

extension Rejection {
  var status: Int {
    switch self {
    case .bodyTooLarge: 413
    case .tooSlow: 408
    case .malformed: 400
    case .overloaded: 503
    }
  }
}

/// Runs `body` against a server that is stopped afterwards.
func withServer(
  _ configuration: HTTPServer.Configuration = .init(listen: .anyPort),
  handle: @escaping @Sendable (HTTPRequest) async -> HTTPResponse = describe,
  _ body: (HTTPServer) async throws -> Void
) async throws {
  let server = try HTTPServer(configuration, reject: describe, handle: handle)
  defer { server.stop() }
  try await body(server)
}

/// Answers with what was understood of the request, a line each.
@Sendable func describe(_ request: HTTPRequest) async -> HTTPResponse {
  let text = """
    \(request.method) \(request.path) \(request.query ?? "-")
    \(request.headers.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
    \(String(decoding: request.body, as: UTF8.self))
    """
  return HTTPResponse(status: 200, headers: ["Content-Type": "text/plain"], body: Array(text.utf8))
}

/// A handler that always gives the same answer.
func answering(_ response: HTTPResponse) -> @Sendable (HTTPRequest) async -> HTTPResponse {
  { _ in response }
}

/// A handler that holds requests until the gate opens.
///
/// - Parameter path: hold only those for it.
func holding(
  at gate: Gate, path: String? = nil
) -> @Sendable (HTTPRequest) async -> HTTPResponse {
  { request in
    if path == nil || path == request.path { await gate.pass() }
    return await describe(request)
  }
}

/// Answers with the reason, and what was known of the request.
@Sendable func describe(_ rejection: Rejection, _ request: HTTPRequest?) -> HTTPResponse {
  HTTPResponse(
    status: rejection.status,
    headers: ["Content-Type": "text/plain", "X-Path": request?.path ?? "-"],
    body: Array("\(rejection)".utf8))
}

extension HTTPServer {
  /// Runs a script with one connection to this server.
  func talk<Result: Sendable>(
    receiveBuffer: Int32? = nil, _ script: @escaping @Sendable (ScriptedSocket) throws -> Result
  ) async throws -> Result {
    let address = boundAddress
    return try await ScriptedSocket.offPool {
      try script(ScriptedSocket(connectingTo: address, receiveBuffer: receiveBuffer))
    }
  }

  /// Sends `text` on a connection of its own, and gives the first response.
  func ask(_ text: String) async throws -> Response {
    try await talk {
      try $0.send(text)
      return try $0.response()
    }
  }

  /// Sends `text` and gives all that comes back until the server closes.
  func askToEnd(_ text: String) async throws -> String {
    try await talk {
      _ = try $0.sendUntilBroken(Array(text.utf8))
      return String(decoding: try $0.readToEnd(), as: UTF8.self)
    }
  }

  /// Waits until a number of the statistics is what it should be. Yields between looks, with the
  /// limit of the test; there is no notice to wait for.
  func wait(until isTrue: @Sendable (ServerStatistics) -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while !isTrue(statistics) {
      guard ContinuousClock.now < deadline else { throw ScriptedSocket.Failure.timedOut }
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}

/// Holds tasks until it is opened.
actor Gate {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func pass() async {
    if isOpen { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}

extension String {
  static func repeating(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }
}
