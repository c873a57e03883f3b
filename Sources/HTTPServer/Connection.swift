// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Clocks
internal import Concurrency
internal import EventLoop
internal import Glibc
internal import HTTP

/// One open connection: what libmicrohttpd's callbacks and the watch do with it.
///
/// Retained from the callback that tells of its start to the one that tells of its close, and by
/// the task that answers its request.
final class Connection: Sendable {
  /// The library's own connection. It is freed after `ended`, and touched outside of the daemon's
  /// turns only under the lock of `state` and before that phase; so passing the pointer around is
  /// safe.
  @safe struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  let handle: Handle
  /// Valid until the phase is `ended`.
  let descriptor: Int32
  let peer: Peer
  /// `nil` for plain HTTP. Whatever is written past the library goes through it.
  let tls: TLSSession?
  let state: Guarded<ConnectionState>
  let engine: Engine

  init(_ pointer: OpaquePointer, descriptor: Int32, engine: Engine) {
    unsafe handle = Handle(pointer: pointer)
    self.descriptor = descriptor
    self.engine = engine
    peer = unsafe Peer(address: cmhd_address(pointer), descriptor: descriptor)
    tls = unsafe TLSSession(of: pointer, credentials: engine.tls)
    state = Guarded(ConnectionState(now: .now, isEncrypted: tls != nil))
  }

  // MARK: Called within a turn of the daemon

  /// The first line is in.
  func begin(target: UnsafePointer<CChar>) {
    let bytes = unsafe UnsafeRawBufferPointer(start: target, count: strlen(target))
    let parsed = Result { () throws(MalformedRequest) in try unsafe RequestTarget(parsing: bytes) }
    state.withLock { $0.begin(parsed, bytes: bytes.count, now: .now) }
  }

  /// The library has the head, or has the whole request, or asks again for its answer: in its next
  /// turn, and when the connection was resumed.
  ///
  /// What needs no waiting is answered by then, mostly. Only what is not is suspended, which costs two calls
  /// of epoll_ctl and a recv that finds nothing.
  ///
  /// - Returns: `false` to close the connection.
  func advance(method: UnsafePointer<CChar>, version: UnsafePointer<CChar>) -> Bool {
    enum Next {
      case head
      case dispatch(HTTPRequest)
      case send(HTTPResponse)
      case wait
      case close
    }
    let next: Next = state.withLock { state in
      switch state.phase {
      case .reading:
        if state.request == nil { return .head }
        return state.complete(now: .now).map { .dispatch($0) } ?? .close
      case .answered:
        return state.takeAnswer(now: .now).map { .send($0) } ?? .close
      case .processing:
        state.park { unsafe MHD_suspend_connection(handle.pointer) }
        return .wait
      case .fresh, .writing, .idle, .refused, .ended:
        return .close
      }
    }
    switch next {
    case .head: return unsafe readHead(method: method, version: version)
    case .dispatch(let request): return dispatch(request)
    case .send(let response): return send(response)
    case .wait: return true
    case .close: return false
    }
  }

  /// More of the body is in.
  func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let limit = engine.configuration.maximumBodyBytes
    switch state.withLock({ unsafe $0.append(bytes, limit: limit) }) {
    case .more: return true
    case .tooLarge: return refuse(.bodyTooLarge(limit: limit))
    case .over: return false
    }
  }

  /// The request is over, whether it was answered or not.
  func completed() {
    guard let unsent = state.withLock({ $0.finish(now: .now) }) else { return }
    write(PlainResponse(unsent))
  }

  /// The library closes the descriptor after this.
  func closed() {
    let (phase, isHandled) = state.withLock { ($0.end(), $0.isHandled) }
    if !engine.isStopping, needsLingering(after: phase) { engine.watch.linger(descriptor) }
    engine.closed(self, isHandled: isHandled)
  }

  /// Stops sending for a while, within a body that is read piece by piece.
  ///
  /// - Returns: `false` when the connection is to be closed instead.
  func pauseSending(for interval: Duration) -> Bool {
    let isPaused = state.withLock { state in
      // Read under the lock: a stop that is not seen here will find the pause and end it (`abort`).
      guard !engine.isStopping else { return false }
      return state.pause { unsafe MHD_suspend_connection(handle.pointer) }
    }
    guard isPaused else { return false }
    Task {
      try? await Task.sleep(for: interval)
      state.withLock { $0.wake { unsafe MHD_resume_connection(handle.pointer) } }
      engine.wakeDaemon()
    }
    return true
  }

  // MARK: Called on other threads

  /// The handler's answer, from its task.
  private func answer(_ response: HTTPResponse) {
    let isClosed = state.withLock { state in
      // "It is safe to resume a suspended connection at any time", from any thread
      // (MHD_resume_connection).
      state.answer(response) { unsafe MHD_resume_connection(handle.pointer) }
      return state.phase == .ended
    }
    if isClosed { engine.forget(self) }
    engine.leave()
    engine.wakeDaemon()
  }

  /// The server stops: libmicrohttpd must not be stopped while connections are suspended.
  func abort() {
    state.withLock { state in
      state.abort { unsafe MHD_resume_connection(handle.pointer) }
    }
  }

  /// What the kernel knows of the connection's input.
  private func readInput() -> ConnectionState.Input {
    guard case .address = peer else {
      var byte: UInt8 = 0
      let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
      return ConnectionState.Input(
        bytes: nil, hasEnded: unsafe recv(descriptor, &byte, 1, flags) == 0)
    }
    var hasEnded = false
    let bytes = unsafe cmhd_tcp_input(descriptor, &hasEnded)
    return ConnectionState.Input(bytes: bytes < 0 ? nil : bytes, hasEnded: hasEnded)
  }

  /// Ends the connection if it has outstayed its time.
  func sweep(now: Moment, limits: ConnectionState.Limits) {
    // The system calls inside the lock are what the lock is for: they keep the descriptor from
    // being closed, and perhaps given to another connection, between the decision and the act; and
    // an answer from being lost when the library reads one more byte and closes the connection.
    // None of them waits.
    state.withLock { state in
      switch state.expiry(
        now: now, limits: limits, input: readInput)
      {
      case .none: break
      case .idle:
        engine.counters.idleClosed.add()
        _ = state.refuse()
        shutdown(descriptor, Int32(SHUT_RDWR))
      case .slowReader:
        engine.counters.slowReaders.add()
        _ = state.refuse()
        shutdown(descriptor, Int32(SHUT_RDWR))
      case .tooSlow:
        answerTooSlow(&state)
      }
    }
  }

  private func answerTooSlow(_ state: inout ConnectionState) {
    let request = state.refuse().request
    let response = engine.reject(.tooSlow, request?.withoutBody)
    if tls != nil {
      // Sent within a turn, where alone the TLS session may be used: the end of input makes the
      // library read, and so `receiveEncrypted` send the answer.
      state.leave(response)
      shutdown(descriptor, Int32(SHUT_RD))
      return
    }
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else {
      shutdown(descriptor, Int32(SHUT_RDWR))
      return
    }
    PlainResponse(response, isForHead: request?.method == "HEAD").send(to: copy)
    engine.watch.linger(takingOwnershipOf: copy)
  }
}

// MARK: - Steps of a request

extension Connection {
  private func readHead(method: UnsafePointer<CChar>, version: UnsafePointer<CChar>) -> Bool {
    let request: RequestDraft
    let framing: RequestFraming
    do throws(MalformedRequest) {
      (request, framing) = try unsafe parseHead(method: method, version: version)
    } catch {
      return refuse(.malformed(error.reason))
    }
    let limit = engine.configuration.maximumBodyBytes
    if case .length(let length) = framing, length > limit {
      return refuse(.bodyTooLarge(limit: limit), known: request)
    }
    return state.withLock { $0.headersIn(request, framing: framing) }
  }

  private func parseHead(
    method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
  ) throws(MalformedRequest) -> (RequestDraft, RequestFraming) {
    let headers = try unsafe HeadReader.read(handle.pointer, method: method, version: version)
    let size = unsafe cmhd_header_size(handle.pointer)
    guard size <= engine.configuration.maximumHeaderBytes else {
      throw MalformedRequest(
        reason:
          "has headers of \(size) bytes; \(engine.configuration.maximumHeaderBytes) are allowed")
    }
    let (target, targetBytes, certificate) = state.withLock {
      ($0.target, $0.targetBytes, $0.certificate)
    }
    guard let target = try target?.get() else {
      throw MalformedRequest(reason: "has no request target")
    }
    let name = unsafe UnsafeRawBufferPointer(start: method, count: strlen(method))
    // The library takes what stands before a zero byte for the method.
    guard unsafe version - method == name.count + targetBytes + 2 else {
      throw MalformedRequest(reason: "has a request line that is not one")
    }
    guard unsafe name.allSatisfy(HeadReader.isTokenByte) else {
      throw MalformedRequest(reason: "has a method with a character that is not allowed")
    }
    let isHTTP10 = unsafe version[7] == CChar(UInt8(ascii: "0"))
    let framing = try RequestFraming(headers, isHTTP10: isHTTP10)
    let request = unsafe RequestDraft(
      method: String(decoding: name, as: UTF8.self), path: target.path, query: target.query,
      headers: headers, peer: peer, certificate: certificate)
    return (request, framing)
  }

  private func dispatch(_ request: HTTPRequest) -> Bool {
    guard !engine.isStopping else { return false }
    guard engine.enter() else {
      let response = engine.reject(.overloaded, request)
      state.withLock { $0.answer(response) {} }
      return true
    }
    let task = Task(executorPreference: engine.loop) { [self] in
      answer(await engine.handle(request))
    }
    state.withLock { $0.started(task) }
    return true
  }

  /// Hands a response to the library, which adds `Content-Length`, `Connection`, and `Date` where
  /// there is none.
  private func send(_ response: HTTPResponse) -> Bool {
    guard (200...599).contains(response.status) else {
      engine.configuration.log("a handler answered with status \(response.status)")
      return false
    }
    // The library copies the body: memory that Swift owns may not be lent beyond a call, and a copy
    // of a body of the usual few hundred bytes costs less than the owner object that would keep it
    // alive.
    let created =
      unsafe response.delivery == .whole
      ? response.body.withUnsafeBytes { unsafe cmhd_response($0.count, $0.baseAddress) }
      : PartialBody.response(response, on: self)
    guard let created = unsafe created else { return false }
    defer { unsafe MHD_destroy_response(created) }
    let fields = response.headers.fields
    // By index, since an iterator takes hold of each text; and lent, where an argument would be a
    // copy of it.
    for index in fields.indices where !PlainResponse.isOwnHeader(fields[index].name) {
      let isAdded = unsafe fields[index].name.withCString { name in
        unsafe fields[index].value.withCString {
          unsafe MHD_add_response_header(created, name, $0)
        }
      }
      if isAdded != .YES {
        engine.configuration.log("a response header was left out: \(fields[index].name)")
      }
    }
    if engine.isDraining || state.withLock({ $0.isLastRequest }) {
      _ = unsafe MHD_add_response_header(created, "Connection", "close")
    }
    return unsafe MHD_queue_response(handle.pointer, UInt32(response.status), created) == .YES
  }

  /// Writes the refusal past the library, which takes no response in the middle of an upload.
  ///
  /// - Returns: `false`, which makes the library close the connection.
  private func refuse(_ rejection: Rejection, known: RequestDraft? = nil) -> Bool {
    let (isFirst, read) = state.withLock { $0.refuse() }
    guard isFirst else { return false }
    let request = known ?? read
    let response = engine.reject(rejection, request?.withoutBody)
    write(PlainResponse(response, isForHead: request?.method == "HEAD"))
    return false
  }

  /// As `refuse`, when the library is about to answer by itself: its answer finds the way closed.
  func refuseBeforeLibrary(_ rejection: Rejection) {
    _ = refuse(rejection)
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Writes past the library, within a turn.
  private func write(_ response: PlainResponse) {
    if let tls { tls.send(response.bytes) } else { response.send(to: descriptor) }
  }

  /// Whether closing now could destroy an answer that is still on its way: the kernel resets a
  /// connection that is closed with unread input (RFC 9112, 9.6).
  private func needsLingering(after phase: ConnectionState.Phase) -> Bool {
    var byte: UInt8 = 0
    let peeked = unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    if peeked == 0 { return false }
    if peeked > 0 { return true }
    guard errno == EAGAIN else { return false }
    switch phase {
    case .refused, .fresh, .reading: return true
    case .processing, .answered, .writing, .idle, .ended: return false
    }
  }
}
