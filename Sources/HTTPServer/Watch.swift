// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Concurrency
internal import Glibc
internal import Synchronization

/// The thread beside the event loop: accepts connections, ends those that have outstayed their
/// time and lets refused ones linger. It never waits for anything but its own epoll set
/// (`Watch+Loop.swift`).
final class Watch: Sendable {
  let epoll: Int32
  let bell: Int32
  let isEnding = Atomic(false)
  /// Whether a closed connection is worth waking up for.
  let isAcceptPaused = Atomic(false)
  private let listener: Guarded<ListenSocket?>
  private let driver = Guarded<Driver?>(nil)
  private let arrivals = Guarded<[Int32]>([])
  /// By descriptor (`TLS/Watch+Handshakes.swift`).
  let handshakes = Guarded<[Int32: Connection]>([:])
  private let thread = Guarded<pthread_t?>(nil)

  /// Marks of what an event is about; handshakes have theirs, and any other number is the descriptor
  /// of a lingering socket.
  static let bellMark = UInt64.max
  static let listenerMark = UInt64.max - 1

  init(_ socket: ListenSocket) throws(ListenError) {
    listener = Guarded(socket)
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard epoll >= 0, bell >= 0, register(bell, as: Watch.bellMark) else {
      throw ListenError(refused: socket.address, errno)
    }
  }

  deinit {
    close(epoll)
    close(bell)
  }

  // MARK: Called on any thread

  /// Starts the thread, which holds this object until `end`.
  func start(_ driver: Driver) throws(ListenError) {
    self.driver.withLock { $0 = driver }
    do throws(NamedThread.Failure) {
      let started = try NamedThread.start("watch") { [self] in run() }
      thread.withLock { $0 = started }
    } catch {
      self.driver.withLock { $0 = nil }
      let why = unsafe String(cString: strerror(error.number))
      throw ListenError(code: .library, message: "cannot start a thread: \(why)")
    }
  }

  /// Ends the thread and waits for it.
  func end() {
    isEnding.store(true, ordering: .sequentiallyConsistent)
    ring()
    let ended = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let ended { pthread_join(ended, nil) }
    driver.withLock { $0 = nil }
    handshakes.withLock { $0 = [:] }
    for descriptor in takeArrivals() { close(descriptor) }
  }

  /// Takes in everyone who is in the backlog, then closes the listening socket: a client whose
  /// connection the kernel has accepted is served, not reset.
  func stopListening() {
    listener.withLock { listener in
      guard let socket = listener else { return }
      _ = accept(from: socket, atMost: .max)
      listener = nil
    }
  }

  /// Lets a socket linger that the library is about to close.
  func linger(_ descriptor: Int32) {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    // Without a descriptor to spare the socket is closed at once, and a client may miss its
    // refusal.
    if copy >= 0 { linger(takingOwnershipOf: copy) }
  }

  func linger(takingOwnershipOf descriptor: Int32) {
    arrivals.withLock { $0.append(descriptor) }
    ring()
  }

  /// There may be room for one more connection.
  func connectionClosed() {
    if isAcceptPaused.load(ordering: .sequentiallyConsistent) { ring() }
  }

  /// Wakes the thread.
  func ring() {
    var one: UInt64 = 1
    _ = unsafe write(bell, &one, 8)
  }

  // MARK: Called on the watch's thread

  func takeArrivals() -> [Int32] {
    arrivals.withLock { arrivals in
      defer { arrivals = [] }
      return arrivals
    }
  }

  var currentDriver: Driver? { driver.withLock { $0 } }

  enum Accepting { case done, full, exhausted, closed }

  /// Takes in some of those who wait.
  func accept(atMost count: Int) -> Accepting {
    listener.withLock { $0.map { accept(from: $0, atMost: count) } ?? .closed }
  }

  /// Puts the listening socket into the epoll set or takes it out.
  func setAccepting(_ isAccepting: Bool) {
    listener.withLock { listener in
      guard let socket = listener else { return }
      if isAccepting {
        _ = register(socket.descriptor, as: Watch.listenerMark)
      } else {
        epoll_ctl(epoll, EPOLL_CTL_DEL, socket.descriptor, nil)
      }
    }
  }

  var isListening: Bool { listener.withLock { $0 != nil } }

  func register(_ descriptor: Int32, as mark: UInt64) -> Bool {
    var event = unsafe epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: mark))
    return unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
  }

  private func accept(from socket: ListenSocket, atMost count: Int) -> Accepting {
    guard let driver = currentDriver else { return .closed }
    let engine = driver.engine
    var storage = sockaddr_storage()
    var length = socklen_t()
    for _ in 0..<count {
      switch socket.accept(&storage, &length) {
      case .none: return .done
      case .exhausted:
        engine.counters.acceptFailures.add()
        return .exhausted
      case .socket(let descriptor):
        engine.admit(descriptor, &storage, length, to: driver)
        if count != .max, engine.isFull { return .full }
      }
    }
    return .done
  }
}
