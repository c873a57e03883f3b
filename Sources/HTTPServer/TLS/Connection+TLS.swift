// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Concurrency
internal import Glibc
internal import HTTP

/// What a connection's TLS session asks for; called on the I/O thread from within the library.
extension Connection {
  /// Before the first byte.
  func beginTLS() { tls?.begin(for: self, descriptor: descriptor) }

  /// Reads for the session.
  ///
  /// libmicrohttpd 0.9.75 takes a connection whose handshake has to wait for one that is ready, and
  /// asks it again and again without a pause. So such a connection is suspended, and resumed when
  /// its client has sent more.
  ///
  /// The answer to a request that was too slow is sent from here: once the session has seen the end
  /// of its input, it takes nothing more to send.
  func receiveEncrypted(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    if let left = state.withLock({ $0.takeLeft() }) {
      tls?.end(sending: PlainResponse(left).bytes)
      return 0
    }
    let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
    guard count < 0, errno == EAGAIN else {
      let received = unsafe UnsafeRawBufferPointer(rebasing: buffer.prefix(max(0, count)))
      return unsafe isPlain(received) ? 0 : count
    }
    waitForHandshake()
    tls?.wouldBlock()
    return -1
  }

  /// Tells a client that speaks plain HTTP so in plain HTTP. A handshake begins with 22 (RFC 8446,
  /// 5.1), a request with a letter.
  private func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard unsafe !bytes.isEmpty, state.withLock({ $0.receiveEncrypted() }),
      unsafe (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(bytes[0])
    else { return false }
    let response = engine.reject(.malformed("is not encrypted; this port takes https"), nil)
    PlainResponse(response).send(to: descriptor)
    return true
  }

  private func waitForHandshake() {
    let isParked = state.withLock { state in
      // Read under the lock: a stop that is not seen here will find the wait and end it (`abort`).
      guard !engine.isStopping else { return false }
      return state.awaitHandshake { unsafe MHD_suspend_connection(handle.pointer) }
    }
    if isParked, !engine.watch.awaitInput(of: self, descriptor) { continueHandshake() }
  }

  /// The client has sent more, or is gone. Called on the watch's thread.
  func continueHandshake() {
    state.withLock { $0.continueHandshake { unsafe MHD_resume_connection(handle.pointer) } }
  }

  func handshakeFinished() {
    state.withLock { $0.handshakeFinished() }
  }

  /// - Returns: whether the handshake goes on.
  func clientVerified(_ verdict: Result<ClientCertificate, RefusedCertificate>) -> Bool {
    switch verdict {
    case .success(let certificate):
      state.withLock { $0.certificate = certificate }
      return true
    case .failure(let refused):
      let subject = refused.subject.map { " of \($0.prefix(200))" } ?? ""
      engine.configuration.log(
        "the certificate\(subject) from \(peer) is refused: \(refused.reason)")
      return false
    }
  }
}
