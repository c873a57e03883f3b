// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import EventLoop
internal import HTTP

/// Where one connection stands. The daemon, the task of the handler and the watch all move it,
/// each under the connection's lock, so that every request is answered once and no descriptor is
/// used after its close.
///
///     fresh ─┐                    ┌──────── idle ◀──────┐
///            ▼                    ▼                     │
///          reading ──▶ processing ──▶ answered ──▶ writing
///
/// and from everywhere to `refused` (the answer is on the wire, nothing more may be read) and
/// `ended` (the library is about to close the descriptor).
struct ConnectionState: Sendable {
  enum Phase: Sendable { case fresh, reading, processing, answered, writing, idle, refused, ended }

  private(set) var phase = Phase.fresh
  /// When the phase began; for `reading`, when the request did.
  private(set) var since: Moment
  /// What is known of the request that is being read, `nil` until its headers are in.
  private(set) var request: RequestDraft?
  private(set) var target: Result<RequestTarget, MalformedRequest>?
  /// As it was sent.
  private(set) var targetBytes = 0
  /// Whether the connection ends with the answer to this request.
  private(set) var isLastRequest = false
  private var answer: HTTPResponse?
  /// The handler's, which may outlive the connection.
  private var task: Task<Void, Never>?
  private var isParked = false
  private var handshake: Handshake
  /// Of the client, once it is verified.
  var certificate: ClientCertificate?
  /// The input when the watch last saw the connection idle, and when it was found to have grown.
  private var inputWhenIdle: Input?
  private var growthSeen: Moment?
  /// How long the connection must have been idle before the kernel is asked again: at first soon,
  /// then seldom, because ten thousand idle connections are ten thousand system calls.
  private var nextLook = Duration.zero

  /// `fresh` until the first bytes are in.
  private enum Handshake { case none, fresh, pending, finished }

  init(now: Moment, isEncrypted: Bool = false) {
    since = now
    handshake = isEncrypted ? .fresh : .none
  }

  // MARK: The handshake of TLS

  /// The handshake needs more from the client; `continueHandshake` or `abort` ends the wait.
  ///
  /// - Returns: whether the connection is suspended now.
  mutating func awaitHandshake(suspend: () -> Void) -> Bool {
    guard handshake == .fresh || handshake == .pending, phase == .fresh, !isParked else {
      return false
    }
    isParked = true
    suspend()
    return true
  }

  mutating func continueHandshake(resume: () -> Void) {
    guard handshake == .fresh || handshake == .pending else { return }
    wake(resume: resume)
  }

  /// Bytes of the client are in.
  ///
  /// - Returns: whether they are its first, with which it chooses TLS or not.
  mutating func receiveEncrypted() -> Bool {
    guard handshake == .fresh else { return false }
    handshake = .pending
    return true
  }

  mutating func handshakeFinished() { handshake = .finished }

  // MARK: The request comes in

  /// The first line is in.
  mutating func begin(
    _ target: Result<RequestTarget, MalformedRequest>, bytes: Int = 0, now: Moment
  ) {
    guard phase == .fresh || phase == .idle else { return }
    // A fresh connection counts from its start: its first line may have dripped in.
    if phase == .idle { since = growthSeen ?? now }
    phase = .reading
    self.target = target
    targetBytes = bytes
    request = nil
    (inputWhenIdle, growthSeen, nextLook) = (nil, nil, .zero)
  }

  /// The headers are in.
  ///
  /// - Returns: `false` when the connection was refused meanwhile.
  mutating func headersIn(_ request: RequestDraft, framing: RequestFraming) -> Bool {
    guard phase == .reading else { return false }
    self.request = request
    if case .length(let length) = framing { self.request?.body.reserveCapacity(length) }
    // libmicrohttpd takes a bare line feed for the end of a chunk's line and more, so it may see
    // the next request where a proxy sees this one's body. Nothing is read behind it.
    isLastRequest = framing == .chunked
    return true
  }

  enum Awaited { case nothing, head, chunks }

  /// What of a request that has begun the library waits for.
  var awaited: Awaited {
    guard phase == .reading else { return .nothing }
    if request == nil { return .head }
    return isLastRequest ? .chunks : .nothing
  }

  enum BodyStep: Equatable { case more, tooLarge, over }

  /// More of the body is in.
  mutating func append(_ bytes: UnsafeRawBufferPointer, limit: Int) -> BodyStep {
    guard phase == .reading, let count = request?.body.count else { return .over }
    guard bytes.count <= limit - count else { return .tooLarge }
    unsafe request?.body.append(contentsOf: bytes)
    return .more
  }

  /// The last byte is in.
  ///
  /// - Returns: the request for the handler, or `nil` when the connection was refused meanwhile.
  mutating func complete(now: Moment) -> HTTPRequest? {
    guard phase == .reading, let request = request.take() else { return nil }
    phase = .processing
    since = now
    return request.whole(received: now)
  }

  // MARK: The answer goes out

  /// The handler was started; it may have answered already.
  mutating func started(_ task: Task<Void, Never>) {
    if phase == .processing { self.task = task }
  }

  /// The library asks for the answer, which is not there yet.
  mutating func park(suspend: () -> Void) {
    guard phase == .processing else { return }
    isParked = true
    suspend()
  }

  /// The handler answered.
  ///
  /// - Parameter resume: called when the connection must be woken. Under the lock, because after it
  ///   `abort` may let the library free the connection.
  mutating func answer(_ response: HTTPResponse, resume: () -> Void) {
    task = nil
    guard phase == .processing else { return }
    answer = response
    phase = .answered
    if isParked { resume() }
    isParked = false
  }

  /// The answer to send, once.
  mutating func takeAnswer(now: Moment) -> HTTPResponse? {
    guard phase == .answered else { return nil }
    phase = .writing
    since = now
    defer { answer = nil }
    return answer
  }

  /// Sending pauses; `wake` or `abort` ends the pause.
  ///
  /// - Returns: `false` when the connection is to be closed instead.
  mutating func pause(suspend: () -> Void) -> Bool {
    guard phase == .writing else { return false }
    isParked = true
    suspend()
    return true
  }

  /// The pause is over.
  mutating func wake(resume: () -> Void) {
    if isParked { resume() }
    isParked = false
  }

  /// The request is over: answered, or given up by either side.
  ///
  /// - Returns: an answer that nobody took. The library may drop a suspended client that shuts down
  ///   its sending side, though such a client may still read.
  mutating func finish(now: Moment) -> HTTPResponse? {
    guard phase != .refused, phase != .ended else { return nil }
    let unsent = phase == .answered ? answer : nil
    answer = nil
    request = nil
    target = nil
    phase = .idle
    since = now
    return unsent
  }

  // MARK: Ends

  /// Whether the handler still has a request. Not asked between `complete` and `started`, which are
  /// one call of the library's.
  var isHandled: Bool { task != nil }

  /// The connection is refused by the daemon's turn, which writes the answer.
  ///
  /// - Returns: what is known of the request, without its body; `nil` with `false` when it is
  ///   refused already.
  mutating func refuse() -> (isFirst: Bool, request: RequestDraft?) {
    guard phase != .refused, phase != .ended else { return (false, nil) }
    phase = .refused
    let known = request
    request = nil
    return (true, known)
  }

  /// The answer to a request that was just refused outside of the daemon's turns, for the next turn
  /// to send.
  mutating func leave(_ answer: HTTPResponse) { self.answer = answer }

  /// What `leave` has left, once.
  mutating func takeLeft() -> HTTPResponse? {
    guard phase == .refused else { return nil }
    defer { answer = nil }
    return answer
  }

  /// The server stops: wakes the connection if its handler is running, whose answer comes too late
  /// now.
  mutating func abort(resume: () -> Void) {
    task?.cancel()
    task = nil
    guard phase == .processing || isParked else { return }
    phase = .refused
    if isParked { resume() }
    isParked = false
  }

  /// The library is about to close the descriptor.
  ///
  /// - Returns: the phase until now.
  mutating func end() -> Phase {
    defer { phase = .ended }
    return phase
  }
}

extension ConnectionState {
  /// The times that the watch holds connections to.
  struct Limits: Sendable {
    var read: Duration
    var write: Duration
    var idle: Duration
  }

  enum Expiry: Equatable {
    case none
    /// Close without a word.
    case idle
    /// Close, the answer is not being read.
    case slowReader
    /// Answer that the request was too slow, then close.
    case tooSlow
  }

  /// What the kernel knows of a connection's input.
  struct Input: Equatable {
    /// Received since it was opened; `nil` when the kernel does not count (unix sockets).
    var bytes: Int64?
    /// Whether the client has closed its side.
    var hasEnded: Bool
  }

  /// What is due at `now`.
  ///
  /// - Parameter input: asks the kernel.
  mutating func expiry(now: Moment, limits: Limits, input: () -> Input) -> Expiry {
    let age = since.duration(to: now)
    switch phase {
    case .reading:
      return age >= limits.read ? .tooSlow : .none
    case .writing:
      return age >= limits.write ? .slowReader : .none
    case .fresh:
      guard age >= min(limits.read, limits.idle) else { return .none }
      // The bytes of a handshake are no request.
      guard handshake == .none else { return .idle }
      guard (input().bytes ?? 0) > 0 else { return .idle }
      return age >= limits.read ? .tooSlow : .none
    case .idle:
      return expiryWhenIdle(now: now, age: age, limits: limits, input: input)
    case .processing, .answered, .refused, .ended:
      return .none
    }
  }

  /// The library does not tell when the first bytes of a next request arrive, only when its first
  /// line is whole. So that a line cannot drip in for as long as a connection may be idle, the
  /// kernel is asked. It is also asked for clients that have gone: the library misses the end of
  /// input that arrives together with a request, unless the request was suspended, since it waits
  /// for the next edge of a socket that has no more edges.
  private mutating func expiryWhenIdle(
    now: Moment, age: Duration, limits: Limits, input: () -> Input
  ) -> Expiry {
    if let growthSeen { return growthSeen.duration(to: now) >= limits.read ? .tooSlow : .none }
    if age < limits.idle, age < nextLook { return .none }
    nextLook = min(age * 2, age + limits.read / 2)
    let current = input()
    defer { inputWhenIdle = current }
    if let before = inputWhenIdle {
      if let bytes = current.bytes, let earlier = before.bytes, bytes > earlier {
        growthSeen = now
        return .none
      }
      // Seen twice, so that a last request that was sent with the end is not cut off.
      if current.hasEnded, before.hasEnded { return .idle }
    }
    return age >= limits.idle ? .idle : .none
  }
}
