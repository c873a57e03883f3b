// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Concurrency
internal import Synchronization

/// A source's place in an event loop.
package final class Station: Sendable {
  /// Whether a turn is under way, and whether another one is wanted.
  private enum State {
    static let idle = 0
    static let wanted = 1
    static let turning = 2
    static let turningAndWanted = 3
  }

  /// Locked during a turn; `nil` once detached.
  private let source: Guarded<(any EventSource)?>
  private let descriptor: Int32
  private let loop: EventLoop
  private let state = Atomic(State.idle)
  private let deadline = Atomic(Moment.never.nanoseconds)
  /// The source's own among the bits of events.
  let bit: UInt64

  init(_ source: any EventSource, in loop: EventLoop, bit: UInt64) {
    self.source = Guarded(source)
    descriptor = source.descriptor
    self.loop = loop
    self.bit = bit
  }

  /// Asks for a turn soon. Safe from any thread, also from within a turn.
  package func signal() {
    if demand() { loop.signalled() }
  }

  /// Runs `body` while no turn is under way; waits for the end of one that is. Not from within one.
  package func exclusively<Value: Sendable, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try source.withLock { _ throws(Failure) in try body() }
  }

  /// Ends the turns; one that is under way has ended when this returns. Not from within one.
  package func detach() {
    loop.remove(self, watching: descriptor)
    // A thread that looks through the stations of a moment ago may still come here.
    source.withLock { $0 = nil }
  }

  // MARK: Called on the loop's threads

  /// A turn is wanted and nobody has begun with it.
  var isDue: Bool { state.load(ordering: .sequentiallyConsistent) == State.wanted }

  /// When the source wants a turn though nothing happens; never while it has one.
  var nextDeadline: Moment { Moment(nanoseconds: deadline.load(ordering: .sequentiallyConsistent)) }

  /// Gives the source a turn, and another one as long as one is wanted. When another thread is
  /// giving it one, that thread goes on in this one's place.
  func run() {
    _ = demand()
    guard
      state.compareExchange(
        expected: State.wanted, desired: State.turning, ordering: .sequentiallyConsistent
      ).exchanged
    else { return }
    var next = Moment.never
    repeat {
      state.store(State.turning, ordering: .sequentiallyConsistent)
      deadline.store(Moment.never.nanoseconds, ordering: .sequentiallyConsistent)
      next = source.withLock { $0?.turn() ?? .never }
      // While the turn is still this thread's: the next one may have another deadline.
      deadline.store(next.nanoseconds, ordering: .sequentiallyConsistent)
    } while !state.compareExchange(
      expected: State.turning, desired: State.idle, ordering: .sequentiallyConsistent
    ).exchanged
    // For what is due already the calling thread looks again.
    if next != .never, next > .now { loop.wanted(at: next) }
  }

  /// - Returns: whether somebody must be told.
  private func demand() -> Bool {
    if state.compareExchange(
      expected: State.idle, desired: State.wanted, ordering: .sequentiallyConsistent
    ).exchanged {
      return true
    }
    // Whoever turns looks again before it stops; if it has just stopped, there is nobody.
    let found = state.compareExchange(
      expected: State.turning, desired: State.turningAndWanted,
      ordering: .sequentiallyConsistent)
    return !found.exchanged && found.original == State.idle ? demand() : false
  }
}
