// SPDX-License-Identifier: Apache-2.0
internal import Clocks

/// Which thread does what: the jobs that wait, and the threads that sleep.
///
/// Leader and followers (Schmidt et al., "Leader/Followers", 2000): one idle thread, the leader,
/// sleeps in epoll; the others sleep until they are called. Whoever has work takes it along through
/// all its stages, so a busy loop hands nothing from thread to thread, and a wake-up is paid only
/// for a thread that can work at the same time.
struct Roster {
  /// What a thread does next.
  enum Duty {
    /// - call: who must be called first, to look after I/O meanwhile.
    case run(UnownedJob, isLong: Bool, call: Call)
    /// Look after I/O without sleeping.
    case poll
    /// Sleep in epoll, for all.
    case lead
    /// Sleep until called.
    case rest
    case end
  }

  /// Who has to be woken.
  enum Call {
    case nobody, resting, leader
  }

  private var short = JobQueue()
  private var long = JobQueue()
  /// Short jobs that were taken while a long one waited.
  private var overtaken = 0
  /// Long jobs that were taken since a thread was last told to poll.
  private var longInRow = 0
  private var resting = 0
  private var hasLeader = false
  /// When the leader will wake by itself.
  private var leaderUntil = Moment.never
  /// The leader was woken and has not come back from its sleep.
  private var isLeaderCalled = false
  private(set) var isStopping = false

  var waitingJobs: Int { short.count + long.count }

  /// Short jobs that a long one lets pass: a millisecond's worth, about what a signature takes, so
  /// that a flood of cheap requests leaves half of the processor to those that are signed.
  static let patience = 32

  /// Long jobs that are taken before I/O is looked after, where so many wait: some milliseconds for
  /// what would have to wait behind them anyway, and each look finds more to do.
  static let longRun = 4

  /// Looks after I/O in a row before a long job, while a source has more to do: an answer that
  /// libmicrohttpd has been given goes out with its next turn.
  static let looksInRow = 3

  /// A job comes.
  ///
  /// - Parameter fromWithin: the calling thread is one of the loop's and asks for its next duty
  ///   soon; it can take one job itself.
  mutating func add(_ job: UnownedJob, isLong: Bool, fromWithin: Bool) -> Call {
    if isLong { long.append(job) } else { short.append(job) }
    return fromWithin && waitingJobs < 2 ? .nobody : call()
  }

  /// A source has something to do that its descriptor does not tell.
  mutating func signal(fromWithin: Bool) -> Call { fromWithin ? .nobody : call() }

  private mutating func call() -> Call {
    if resting > 0 {
      resting -= 1
      return .resting
    }
    return callLeader()
  }

  private mutating func callLeader() -> Call {
    guard hasLeader, !isLeaderCalled else { return .nobody }
    isLeaderCalled = true
    return .leader
  }

  /// The leader goes to sleep, until it is called or until `moment`.
  mutating func leaderSleeps(until moment: Moment) { leaderUntil = moment }

  /// A source wants a turn at `moment`.
  mutating func want(at moment: Moment) -> Call {
    moment < leaderUntil ? callLeader() : .nobody
  }

  /// - Parameters:
  ///   - looks: how often the thread has looked after I/O since its last job or rest.
  ///   - isMoreDue: at its last look a source had more to do.
  mutating func next(looks: Int, isMoreDue: Bool = false) -> Duty {
    if overtaken < Self.patience, let job = short.removeFirst() {
      overtaken = long.count > 0 ? overtaken + 1 : 0
      return .run(job, isLong: false, call: .nobody)
    }
    // I/O before long jobs: what it brings is short, and a long job keeps the thread for long.
    let hasLooked = looks >= (isMoreDue ? Self.looksInRow : 1)
    if !hasLooked, long.count < Self.longRun || longInRow >= Self.longRun {
      longInRow = 0
      return .poll
    }
    overtaken = 0
    if let job = long.removeFirst() {
      longInRow += 1
      // A leader that sleeps wakes by itself for what comes, not for what is there.
      return .run(job, isLong: true, call: isMoreDue || !hasLeader ? call() : .nobody)
    }
    if let job = short.removeFirst() { return .run(job, isLong: false, call: .nobody) }
    if isMoreDue { return .poll }
    if isStopping { return .end }
    guard hasLeader else {
      hasLeader = true
      leaderUntil = .never
      return .lead
    }
    resting += 1
    return .rest
  }

  /// The leader is back from its sleep.
  mutating func leaderReturned() {
    hasLeader = false
    isLeaderCalled = false
  }

  /// Ends the threads once no job is left.
  ///
  /// - Returns: how many resting threads have to be called; the leader has to be called, too.
  mutating func stop() -> Int {
    isStopping = true
    defer { resting = 0 }
    return resting
  }
}
