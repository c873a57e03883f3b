// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import EventLoop
internal import Glibc

/// The sockets that libcurl wants to hear about, watched with one epoll(7) instance.
///
/// A kept-alive connection is wanted when a request starts and unwanted when it ends. Its
/// registration stays in place between requests, which saves two epoll_ctl(2) calls for each; an
/// event on a socket that nobody wants takes it out.
@safe final class SocketWatch {
  /// Readiness of one socket in libcurl's words.
  struct Event {
    var socket: Int32
    /// `CURL_CSELECT_IN`, `_OUT` and `_ERR`.
    var readiness: Int32
  }

  private struct Interest {
    /// What epoll has; 0: not registered.
    var registered: UInt32 = 0
    var wanted: UInt32 = 0
    /// A connection's socket: its end is told through `forget`, so a registration may outlive the
    /// interest. The sockets of libcurl's resolver close without a word.
    var isConnection = false
    /// TCP stands: libcurl waits for something to read.
    var isEstablished = false
  }

  let epoll: Int32
  // Indexed by descriptor: the kernel gives out the lowest free number, so this stays dense.
  private var interests: [Interest] = []
  // Audited: allocated in `init`, freed in `deinit`, used only by `readyEvents`.
  private let events: UnsafeMutablePointer<epoll_event>
  private static let eventLimit = 256

  private static let input = EPOLLIN.rawValue
  private static let output = EPOLLOUT.rawValue

  init() throws(SystemCallError) {
    unsafe events = .allocate(capacity: Self.eventLimit)
    epoll = ccurl_epoll()
    guard epoll >= 0 else { throw SystemCallError(call: "epoll_create1", number: errno) }
  }

  deinit {
    unsafe events.deallocate()
    if epoll >= 0 { _ = ccurl_close(epoll) }
  }

  /// What is ready, or a part of it when it is much; does not wait.
  func readyEvents() -> [Event] {
    let count = Int(unsafe epoll_wait(epoll, events, Int32(Self.eventLimit), 0))
    precondition(count >= 0 || errno == EINTR, "epoll_wait failed with errno \(errno)")
    var ready: [Event] = []
    for index in 0..<max(0, count) {
      let event = unsafe events[index]
      let socket = unsafe event.data.fd
      if interest(in: socket).wanted == 0 {
        register(socket, 0)
      } else {
        ready.append(unsafe Event(socket: socket, readiness: readiness(event.events)))
      }
    }
    return ready
  }

  /// Follows libcurl's word for what it wants to know of a socket: `CURL_POLL_IN`, `_OUT`, `_INOUT`
  /// or `_REMOVE`.
  ///
  /// - Returns: whether this shows that a connection now stands. Until then libcurl only waits to
  ///   write.
  func want(_ what: Int32, of socket: Int32) -> Bool {
    var interest = interest(in: socket)
    interest.wanted =
      switch what {
      case CURL_POLL_IN: Self.input
      case CURL_POLL_OUT: Self.output
      case CURL_POLL_INOUT: Self.input | Self.output
      default: 0
      }
    let isNewlyEstablished =
      interest.isConnection && !interest.isEstablished && interest.wanted & Self.input != 0
    if isNewlyEstablished { interest.isEstablished = true }
    interests[Int(socket)] = interest
    let mayLinger =
      interest.wanted == 0 && interest.isConnection && interest.registered == Self.input
    if interest.wanted != interest.registered, !mayLinger {
      register(socket, interest.wanted)
    }
    return isNewlyEstablished
  }

  /// A connection's socket was made. Whatever had its number before is closed, which libcurl does
  /// not tell of a socket that never connected.
  func begin(_ socket: Int32) {
    _ = interest(in: socket)
    interests[Int(socket)] = Interest(isConnection: true)
  }

  /// A connection's socket is about to close, which takes it out of the epoll instance.
  ///
  /// - Returns: whether the connection stood.
  func forget(_ socket: Int32) -> Bool {
    defer { interests[Int(socket)] = Interest() }
    return interest(in: socket).isEstablished
  }

  private func interest(in socket: Int32) -> Interest {
    if Int(socket) >= interests.count {
      interests += Array(repeating: Interest(), count: Int(socket) + 1 - interests.count)
    }
    return interests[Int(socket)]
  }

  private func register(_ socket: Int32, _ wanted: UInt32) {
    let registered = interests[Int(socket)].registered
    // Fails when a socket of libcurl's resolver was closed before its removal was told; it is out
    // then. A failed ADD leaves the transfer to its timeout.
    let isDone = ccurl_epoll_watch(epoll, socket, registered, wanted) == 0
    interests[Int(socket)].registered = isDone ? wanted : 0
  }

  private func readiness(_ events: UInt32) -> Int32 {
    var bits: Int32 = 0
    if events & (Self.input | EPOLLHUP.rawValue) != 0 { bits |= CURL_CSELECT_IN }
    if events & Self.output != 0 { bits |= CURL_CSELECT_OUT }
    if events & EPOLLERR.rawValue != 0 { bits |= CURL_CSELECT_ERR }
    return bits
  }
}
