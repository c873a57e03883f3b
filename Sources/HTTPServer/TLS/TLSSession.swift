// SPDX-License-Identifier: Apache-2.0
internal import CGnuTLS
internal import CMHD
internal import Glibc
internal import HTTP

/// The TLS of one connection: libmicrohttpd makes the session and moves the bytes; this gives it
/// credentials, and reads and writes what goes past the library.
///
/// Used on the connection's I/O thread only.
final class TLSSession: Sendable {
  /// Owned by the library's connection. It ends before the library tells of the connection's close,
  /// and until then is used by one thread.
  @safe private struct Handle: @unchecked Sendable {
    let pointer: gnutls_session_t
  }

  private let handle: Handle
  /// The session only borrows them.
  private let credentials: TLSCredentials

  /// `nil` for a connection without TLS.
  init?(of connection: OpaquePointer, credentials: TLSCredentials?) {
    guard let credentials, let pointer = unsafe cmhd_tls_session(connection) else { return nil }
    unsafe handle = Handle(pointer: pointer)
    self.credentials = credentials
  }

  /// Before the handshake.
  ///
  /// - Parameter connection: what the callbacks get; lives until the library has ended the session.
  func begin(for connection: Connection, descriptor: Int32) {
    let session = unsafe handle.pointer
    let context = unsafe Unmanaged.passUnretained(connection).toOpaque()
    // A session whose credentials could not be set keeps the daemon's, which have no certificate:
    // its handshake fails.
    unsafe gnutls_credentials_set(
      session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials.handle.pointer))
    allowOnlyHTTP1()
    unsafe gnutls_session_set_ptr(session, context)
    unsafe gnutls_transport_set_ptr2(
      session, context, UnsafeMutableRawPointer(bitPattern: Int(descriptor)))
    unsafe gnutls_transport_set_pull_function(session, TLSCallbacks.pull)
    unsafe gnutls_handshake_set_hook_function(
      session, GNUTLS_HANDSHAKE_FINISHED.rawValue, GNUTLS_HOOK_POST, TLSCallbacks.finished)
    guard credentials.asksForCertificates else { return }
    unsafe gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE)
    unsafe gnutls_session_set_verify_function(session, TLSCallbacks.verify)
  }

  /// A client that offers protocols, but none of ours, is told so (RFC 7301, 3.2).
  private func allowOnlyHTTP1() {
    var name = Array("http/1.1".utf8)
    _ = unsafe name.withUnsafeMutableBufferPointer { name in
      var protocols = unsafe gnutls_datum_t(data: name.baseAddress, size: UInt32(name.count))
      return unsafe gnutls_alpn_set_protocols(
        handle.pointer, &protocols, 1, GNUTLS_ALPN_MANDATORY.rawValue)
    }
  }

  /// The function that read for the session would have to wait.
  func wouldBlock() {
    unsafe gnutls_transport_set_errno(handle.pointer, EAGAIN)
  }

  /// Sends the last bytes, and that nothing follows.
  func end(sending bytes: [UInt8]) {
    send(bytes)
    unsafe gnutls_bye(handle.pointer, GNUTLS_SHUT_WR)
  }

  /// Sends what the socket takes at once, like `PlainResponse.send`.
  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe gnutls_record_send(
          handle.pointer, $0.baseAddress.map { unsafe $0 + sent }, bytes.count - sent)
      }
      guard count > 0 else { return }
      sent += count
    }
  }
}

/// What GnuTLS calls, on the I/O thread and from within the library's calls. They capture nothing:
/// the connection comes as the session's pointer.
private enum TLSCallbacks {
  static let pull: gnutls_pull_func = { context, buffer, size in
    guard let context = unsafe context else { return -1 }
    return unsafe Unmanaged<Connection>.fromOpaque(context)._withUnsafeGuaranteedRef {
      unsafe $0.receiveEncrypted(UnsafeMutableRawBufferPointer(start: buffer, count: size))
    }
  }

  /// The last message of the client's part of the handshake is in.
  static let finished: gnutls_handshake_hook_func = { session, _, _, isIncoming, _ in
    guard isIncoming != 0, let context = unsafe gnutls_session_get_ptr(session) else { return 0 }
    unsafe Unmanaged<Connection>.fromOpaque(context)._withUnsafeGuaranteedRef {
      $0.handshakeFinished()
    }
    return 0
  }

  /// - Returns: 0 to go on with the handshake.
  static let verify: @convention(c) (gnutls_session_t?) -> Int32 = { session in
    guard let session = unsafe session, let context = unsafe gnutls_session_get_ptr(session) else {
      return -1
    }
    let verdict = unsafe ClientCertificate.verified(of: session)
    return unsafe Unmanaged<Connection>.fromOpaque(context)._withUnsafeGuaranteedRef {
      $0.clientVerified(verdict) ? 0 : -1
    }
  }
}
