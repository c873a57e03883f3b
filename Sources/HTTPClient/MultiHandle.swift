// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import Clocks
internal import EventLoop
internal import HTTP
internal import Synchronization

/// One libcurl multi handle, driven by an event loop.
///
/// The sockets are watched here and told to libcurl through `curl_multi_socket_action`: with
/// `curl_multi_poll` and `curl_multi_perform`, libcurl 7.88 asks poll(2) once for each running
/// transfer at each turn (`Curl_readwrite` in its lib/transfer.c).
@safe final class MultiHandle: EventSource, @unchecked Sendable {
  // Sendable: everything but the mailbox and the counters is touched within `turn` only, which one
  // thread at a time runs, and in `init` and `deinit`.
  // Audited: the multi handle is freed once, in `end`, after every easy handle is out of it.
  private let multi: UnsafeMutableRawPointer
  private let configuration: CurlTransport.Configuration
  private let limits: AnswerCollector.Limits
  private let mailbox: Mailbox
  private let counters: Counters
  private let watch: SocketWatch
  private var running: [Transfer] = []
  private var pool: [Transfer] = []
  /// When libcurl wants to be called though nothing happens.
  private var deadline: Moment?
  private var hasEnded = false

  var descriptor: Int32 { watch.epoll }

  init(
    configuration: CurlTransport.Configuration, mailbox: Mailbox, counters: Counters
  ) throws {
    self.configuration = configuration
    self.mailbox = mailbox
    self.counters = counters
    limits = AnswerCollector.Limits(
      headerBytes: configuration.maximumHeaderBytes, bodyBytes: configuration.maximumAnswerBytes)
    watch = try SocketWatch()
    guard let handle = unsafe curl_multi_init() else {
      throw CurlError("curl_multi_init gave no handle")
    }
    unsafe multi = handle
    let this = unsafe Unmanaged.passUnretained(self).toOpaque()
    try unsafe check(ccurl_multi_set_socket_callback(multi, socketWanted, this))
    try unsafe check(ccurl_multi_set_timer_callback(multi, timerChanged, this))
    try unsafe check(
      ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maximumIdleConnections))
    try unsafe check(ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)))
    // Options that libcurl would refuse are found here, not at the first request.
    pool.append(try unsafe Transfer(configuration: configuration, limits: limits, multi: this))
  }

  deinit { end() }

  /// Frees what libcurl holds and closes every connection.
  private func end() {
    guard !hasEnded else { return }
    hasEnded = true
    pool.removeAll()
    _ = unsafe curl_multi_cleanup(multi)
  }

  func turn() -> Moment? {
    if hasEnded { return nil }
    let contents = mailbox.take()
    contents.jobs.forEach(start)
    let isOver = deadline.map { $0 <= .now } ?? false
    // libcurl tells of a new deadline only when it differs from the last one. It counts whole
    // milliseconds, so that the last one may come a little early, and is then still to come.
    if isOver { deadline = .now + .milliseconds(1) }
    if isOver || !contents.jobs.isEmpty { act(on: CURL_SOCKET_TIMEOUT, readiness: 0) }
    // Behind the start of new requests: over HTTP/2 libcurl sends the body only when the socket is
    // told to be writable, and a server that answers before it has the body loses its answer.
    let isMore = handleEvents()
    finishEnded()
    contents.cancellations.forEach(cancel)
    if contents.isClosing, running.isEmpty {
      end()
      mailbox.end()
      return nil
    }
    return isMore ? .now : deadline
  }

  /// libcurl reads a part of what a socket has, and what is left is not told again: so the sockets
  /// are asked until none is ready.
  ///
  /// - Returns: whether some may still be ready, when others want a turn, too.
  private func handleEvents() -> Bool {
    for _ in 0..<Self.roundsPerTurn {
      let events = watch.readyEvents()
      if events.isEmpty { return false }
      for event in events { act(on: event.socket, readiness: event.readiness) }
    }
    return true
  }

  private static let roundsPerTurn = 8

  private func start(_ job: Job) {
    do throws(TransportFailure) {
      let transfer = try takeTransfer()
      do throws(TransportFailure) {
        try transfer.prepare(job)
        let code = unsafe curl_multi_add_handle(multi, transfer.easy)
        guard code == CURLM_OK else { throw notStarted(words(code)) }
      } catch {
        _ = transfer.release()
        pool.append(transfer)
        throw error
      }
      transfer.slot = running.count
      running.append(transfer)
    } catch {
      job.waiter.resume(returning: .failure(error))
    }
  }

  private func takeTransfer() throws(TransportFailure) -> Transfer {
    if let transfer = pool.popLast() { return transfer }
    do {
      let this = unsafe Unmanaged.passUnretained(self).toOpaque()
      return try unsafe Transfer(configuration: configuration, limits: limits, multi: this)
    } catch {
      throw notStarted(error.description)
    }
  }

  private func cancel(_ id: UInt64) {
    guard let transfer = running.first(where: { $0.job?.id == id }) else { return }
    var end = transfer.end(CURLE_OPERATION_TIMEDOUT)
    end.detail = "given up by the caller"
    var failure = end.failure
    failure.reason = .timeout
    finish(transfer, .failure(failure))
  }

  private func finishEnded() {
    var code = CURLE_OK
    while let easy = unsafe ccurl_multi_next_ended(multi, &code) {
      let transfer = unsafe transfer(of: easy)
      counters.countConnection(isNew: transfer.connectionsMade > 0, hasStarted: transfer.hasStarted)
      finish(transfer, transfer.outcome(code))
    }
  }

  private func transfer(of easy: UnsafeMutableRawPointer) -> Transfer {
    var context: UnsafeMutableRawPointer?
    let code = unsafe ccurl_easy_get_private(easy, &context)
    guard code == CURLE_OK, let context = unsafe context else {
      preconditionFailure("an easy handle without its transfer")
    }
    return unsafe Transfer.owning(context)
  }

  private func finish(_ transfer: Transfer, _ result: Result<InboundAnswer, TransportFailure>) {
    // Also for a transfer that is still running: libcurl then closes its stream or connection
    // (https://curl.se/libcurl/c/curl_multi_remove_handle.html).
    let code = unsafe curl_multi_remove_handle(multi, transfer.easy)
    precondition(code == CURLM_OK, "curl_multi_remove_handle: \(words(code))")
    let last = running.removeLast()
    if last !== transfer {
      running[transfer.slot] = last
      last.slot = transfer.slot
    }
    let job = transfer.release()
    if pool.count < configuration.maximumIdleConnections { pool.append(transfer) }
    job?.waiter.resume(returning: result)
  }

  private func act(on socket: Int32, readiness: Int32) {
    var stillRunning: Int32 = 0
    let code = unsafe curl_multi_socket_action(multi, socket, readiness, &stillRunning)
    precondition(code == CURLM_OK, "curl_multi_socket_action: \(words(code))")
  }

  private func check(_ code: CURLMcode) throws(CurlError) {
    guard code == CURLM_OK else { throw CurlError(words(code)) }
  }

  private func words(_ code: CURLMcode) -> String {
    unsafe String(cString: curl_multi_strerror(code))
  }

  private func notStarted(_ detail: String) -> TransportFailure {
    TransportFailure(.connect, mayHaveBeenSent: false, detail: detail)
  }
}

// MARK: - Callbacks

extension MultiHandle {
  static func owning(_ context: UnsafeMutableRawPointer) -> MultiHandle {
    unsafe Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
  }

  fileprivate func setTimer(milliseconds: Int) {
    deadline = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
  }

  fileprivate func want(_ what: Int32, of socket: Int32, for easy: UnsafeMutableRawPointer?) {
    guard watch.want(what, of: socket) else { return }
    counters.open.add(1, ordering: .relaxed)
    if let easy = unsafe easy { unsafe transfer(of: easy).isConnected = true }
  }

  /// A connection's socket was made.
  func socketMade(_ socket: Int32) { watch.begin(socket) }

  fileprivate func closeSocket(_ socket: Int32) -> Int32 {
    if watch.forget(socket) { counters.open.subtract(1, ordering: .relaxed) }
    return ccurl_close(socket)
  }
}

// They capture nothing and find the multi handle through the context; libcurl calls them only from
// within a call made in a turn, or by the handle's own end.

private let socketWanted:
  @convention(c) (
    UnsafeMutableRawPointer?, Int32, Int32, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
  ) -> Int32 = { easy, socket, what, context, _ in
    guard let context = unsafe context else { return -1 }
    unsafe MultiHandle.owning(context).want(what, of: socket, for: easy)
    return 0
  }

private let timerChanged:
  @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Int32 = {
    _, milliseconds, context in
    guard let context = unsafe context else { return -1 }
    unsafe MultiHandle.owning(context).setTimer(milliseconds: milliseconds)
    return 0
  }

let closeSocket: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32 = { context, socket in
  guard let context = unsafe context else { return -1 }
  return unsafe MultiHandle.owning(context).closeSocket(socket)
}
