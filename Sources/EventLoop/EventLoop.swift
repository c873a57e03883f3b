// SPDX-License-Identifier: Apache-2.0
internal import CEpoll
internal import Clocks
internal import Concurrency
internal import Dispatch
internal import Glibc

/// The threads that move bytes and run requests: one set of them for listener, transport and chain,
/// so that a busy core goes on with a request instead of waking another core for its next stage.
///
/// As a task executor it runs tasks in parallel, as many as it has threads. Jobs must be short, but
/// for those of `computing`.
package final class EventLoop: TaskExecutor {
  /// Runs what takes the processor for long, such as an RSA signature, after all that is short.
  package let computing: any TaskExecutor

  /// Of its threads.
  let name: String

  private let roster = Guarded(Roster())
  private let stations = Guarded<[Station]>([])
  private let epoll: Int32
  /// Wakes the leader, and is readable until the leader has read it: an edge could go to a thread
  /// that only polls.
  private let bell: Int32
  /// Where followers rest.
  private let resting = DispatchSemaphore(value: 0)
  private let threads = Guarded<[pthread_t]>([])
  private let longJobs = LongJobs()

  private static let bellBit: UInt64 = 1

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - threads: 0: one for each core that the process may use.
  ///   - name: of the threads, for ps and gdb; 15 characters at most.
  /// - Throws: when the kernel gives no descriptor or thread.
  package init(threads count: Int = 0, name: String) throws(SystemCallError) {
    self.name = name
    epoll = cepoll_create()
    bell = cepoll_bell()
    computing = longJobs
    guard epoll >= 0, bell >= 0, cepoll_add(epoll, bell, Self.bellBit, false) else {
      throw SystemCallError(call: "epoll", number: errno)
    }
    longJobs.loop.withLock { $0 = self }
    for _ in 0..<(count > 0 ? count : Self.coreCount) {
      do throws(SystemCallError) {
        let thread = try LoopThread.start(self)
        threads.withLock { $0.append(thread) }
      } catch {
        stop()
        throw error
      }
    }
  }

  deinit {
    if epoll >= 0 { _ = cepoll_close(epoll) }
    if bell >= 0 { _ = cepoll_close(bell) }
  }

  private static var coreCount: Int { max(1, Int(cepoll_core_count())) }

  // MARK: Called on any thread

  /// Gives turns to a source until its station is detached; at most 63 have a station at one time.
  ///
  /// - Throws: when the kernel cannot watch the source's descriptor.
  package func attach(_ source: any EventSource) throws(SystemCallError) -> Station {
    let station = stations.withLock { stations in
      let free = ~stations.reduce(Self.bellBit) { $0 | $1.bit }
      precondition(free != 0, "more than 63 sources")
      let station = Station(source, in: self, bit: 1 << UInt64(free.trailingZeroBitCount))
      stations.append(station)
      return station
    }
    // Edges: while one thread is busy with a source, the others must not be woken for it again.
    guard cepoll_add(epoll, source.descriptor, station.bit, true) else {
      let number = errno
      stations.withLock { $0.removeAll { $0 === station } }
      throw SystemCallError(call: "epoll_ctl", number: number)
    }
    return station
  }

  func remove(_ station: Station, watching descriptor: Int32) {
    cepoll_remove(epoll, descriptor)
    stations.withLock { $0.removeAll { $0 === station } }
  }

  package func enqueue(_ job: consuming ExecutorJob) { add(UnownedJob(job), isLong: false) }

  fileprivate func add(_ job: UnownedJob, isLong: Bool) {
    let isWithin = LoopThread.current === self
    let call: Roster.Call? = roster.withLock { roster in
      // Its threads may be gone already.
      if roster.isStopping, !isWithin { return nil }
      return roster.add(job, isLong: isLong, fromWithin: isWithin)
    }
    if let call { make(call) } else { globalConcurrentExecutor.enqueue(job) }
  }

  func signalled() {
    let isWithin = LoopThread.current === self
    make(roster.withLock { $0.signal(fromWithin: isWithin) })
  }

  func wanted(at moment: Moment) { make(roster.withLock { $0.want(at: moment) }) }

  /// Ends the threads once no job waits, and waits for their end; called on one of them, it does
  /// not wait. Every station is detached before. Tasks that go on after this do so elsewhere.
  package func stop() {
    let followers = roster.withLock { $0.stop() }
    for _ in 0..<followers { resting.signal() }
    ring()
    let isWithin = LoopThread.current === self
    let ending = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in ending {
      if isWithin { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }
    longJobs.loop.withLock { $0 = nil }
  }

  private func make(_ call: Roster.Call) {
    switch call {
    case .nobody: break
    case .resting: resting.signal()
    case .leader: ring()
    }
  }

  private func ring() {
    var one: UInt64 = 1
    // Fails only when the counter is full, and then the bell is readable already.
    _ = unsafe write(bell, &one, 8)
  }

  private func silence() {
    var rings: UInt64 = 0
    _ = unsafe read(bell, &rings, 8)
  }

  // MARK: The threads

  /// The body of each thread.
  func work() {
    let own = unsafe asUnownedTaskExecutor()
    let computing = unsafe longJobs.asUnownedTaskExecutor()
    var looks = 0
    var isMoreDue = false
    while true {
      switch roster.withLock({ $0.next(looks: looks, isMoreDue: isMoreDue) }) {
      case .run(let job, let isLong, let call):
        make(call)
        unsafe job.runSynchronously(on: isLong ? computing : own)
        looks = 0
      case .poll:
        isMoreDue = look(after: wait(milliseconds: 0))
        looks += 1
      case .lead:
        isMoreDue = lead()
        looks += 1
      case .rest:
        resting.wait()
        looks = 0
      case .end:
        return
      }
    }
  }

  private func lead() -> Bool {
    let stations = stations.withLock { $0 }
    // From `next` on others call the leader; what came before has to be found here.
    let earliest = stations.reduce(Moment.never) { min($0, $1.nextDeadline) }
    let isBusy = roster.withLock { roster in
      roster.leaderSleeps(until: earliest)
      return roster.waitingJobs > 0
    }
    let mayNotSleep = isBusy || stations.contains(where: \.isDue)
    let events = wait(milliseconds: mayNotSleep ? 0 : milliseconds(until: earliest))
    if events & Self.bellBit != 0 { silence() }
    roster.withLock { $0.leaderReturned() }
    return look(after: events)
  }

  /// Gives a turn to every source that has something to do.
  ///
  /// - Returns: whether one of them wants its next turn as soon as the jobs of this one have run.
  private func look(after events: UInt64) -> Bool {
    let stations = stations.withLock { $0 }
    let now = Moment.now
    for station in stations
    where events & station.bit != 0 || station.isDue || station.nextDeadline <= now {
      station.run()
    }
    // A turn may have given another source something to do.
    while let station = stations.first(where: \.isDue) { station.run() }
    let later = Moment.now
    return stations.contains { $0.nextDeadline <= later }
  }

  /// - Returns: the bits of what has events.
  private func wait(milliseconds: Int32) -> UInt64 {
    var bits: UInt64 = 0
    let count = unsafe cepoll_wait(epoll, milliseconds, &bits)
    precondition(count >= 0 || errno == EINTR, "epoll_wait failed with errno \(errno)")
    return bits
  }

  private func milliseconds(until deadline: Moment) -> Int32 {
    if deadline == .never { return -1 }
    let left = deadline.nanoseconds - Moment.now.nanoseconds
    return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
  }
}

/// The loop as the executor of long jobs.
private final class LongJobs: TaskExecutor {
  /// `nil` before its start and after its end.
  let loop = Guarded<EventLoop?>(nil)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if let loop = loop.withLock({ $0 }) {
      loop.add(job, isLong: true)
    } else {
      globalConcurrentExecutor.enqueue(job)
    }
  }
}
