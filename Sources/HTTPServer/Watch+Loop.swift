// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import Clocks
internal import EventLoop
internal import Glibc
internal import Synchronization

extension Watch {
  /// Connections that are taken in before anything else gets a turn.
  private static let acceptBatch = 64
  /// How long to leave clients in the backlog when descriptors or memory have run out.
  private static let exhaustedPause = Duration.milliseconds(100)
  /// While draining, an idle connection is closed after this: a client that had a request on its
  /// way when the drain began gets its answer.
  private static let idleWhileDraining = Duration.seconds(1)

  /// The thread's body.
  func run() {
    guard let engine = currentDriver?.engine else { return }
    var lingering = LingeringSockets()
    var isAccepting = false
    var acceptAfter = Moment.now
    var nextSweep = Moment.now
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { unsafe input.deallocate() }

    while !isEnding.load(ordering: .sequentiallyConsistent) {
      var now = Moment.now
      let shouldAccept = now >= acceptAfter && isListening && !isFull(engine)
      if shouldAccept != isAccepting {
        setAccepting(shouldAccept)
        isAccepting = shouldAccept
      }
      let deadline = acceptAfter > now ? min(nextSweep, acceptAfter) : nextSweep
      for mark in events(until: deadline, now: now) {
        switch mark {
        case Watch.bellMark: silenceBell()
        case Watch.listenerMark:
          if accept(atMost: Watch.acceptBatch) == .exhausted {
            acceptAfter = .now + Watch.exhaustedPause
          }
        default:
          if !continueHandshake(mark) {
            unsafe lingering.discard(Int32(truncatingIfNeeded: mark), into: input)
          }
        }
      }
      now = .now
      for descriptor in takeArrivals() where lingering.add(descriptor, now: now) {
        _ = register(descriptor, as: UInt64(descriptor))
      }
      if now >= nextSweep {
        sweep(engine, now: now)
        lingering.sweep(now: now)
        nextSweep = now + sweepInterval(engine)
      } else if engine.isDraining {
        nextSweep = min(nextSweep, now + sweepInterval(engine))
      }
    }
  }

  /// Whether the limit of connections is reached; after `true`, the next close rings the bell.
  private func isFull(_ engine: Engine) -> Bool {
    isAcceptPaused.store(engine.isFull, ordering: .sequentiallyConsistent)
    // A connection that closed between the two lines found no reason to ring.
    let isStillFull = engine.isFull
    if !isStillFull { isAcceptPaused.store(false, ordering: .sequentiallyConsistent) }
    return isStillFull
  }

  /// Waits for events; the marks of what they are about.
  private func events(
    until deadline: Moment, now: Moment
  ) -> [UInt64] {
    let left = max(now.duration(to: deadline), .zero).components
    let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1
    return unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
      let count = unsafe epoll_wait(
        epoll, events.baseAddress, Int32(events.count), Int32(clamping: milliseconds))
      return unsafe events.prefix(max(0, Int(count))).map { unsafe $0.data.u64 }
    }
  }

  private func silenceBell() {
    var rings: UInt64 = 0
    _ = unsafe read(bell, &rings, 8)
  }

  private func sweep(_ engine: Engine, now: Moment) {
    let configuration = engine.configuration
    let limits = ConnectionState.Limits(
      read: configuration.readTimeout, write: configuration.writeTimeout,
      idle: engine.isDraining
        ? min(configuration.idleTimeout, Watch.idleWhileDraining) : configuration.idleTimeout)
    for connection in engine.livingConnections { connection.sweep(now: now, limits: limits) }
  }

  /// Fine enough to end a connection within an eighth of its time.
  private func sweepInterval(_ engine: Engine) -> Duration {
    let configuration = engine.configuration
    let shortest =
      min(configuration.readTimeout, configuration.writeTimeout, configuration.idleTimeout) / 8
    let longest = engine.isDraining ? Duration.milliseconds(50) : .seconds(1)
    return max(.milliseconds(10), min(shortest, longest))
  }
}
