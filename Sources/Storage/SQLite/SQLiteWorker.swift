// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Concurrency
internal import GatewayCore
internal import Glibc

/// The thread's loop around the engine.
@safe
final class SQLiteWorker: @unchecked Sendable {
  // Sendable: `engine` is made before the thread starts and touched by the thread only.
  private var engine: SQLiteEngine?
  let mailbox = Mailbox()
  let answers = Guarded(AnswerCache())
  private var lastCommit = Moment(nanoseconds: 0)

  /// Between two looks for expired numbers besides those of the requests.
  private static let idlePause = Duration.seconds(10)
  /// Between two steps while more are known to be there: a million leave within
  /// minutes, in the background.
  private static let sweepPause = Duration.milliseconds(50)

  init(engine: consuming SQLiteEngine) {
    mailbox.publish(engine.tally)
    self.engine = consume engine
  }

  func run() {
    var nextSweep = Moment.now + Self.idlePause
    while true {
      switch mailbox.take() {
      case .batches(let batches): perform(gatherMore(batches))
      case .closing:
        // A log that cannot be written into the database now is read at the next start.
        try? engine?.checkpoint()
        engine = nil
        mailbox.end()
        return
      case .nothing:
        mailbox.sleep(milliseconds: max(0, nanoseconds(nextSweep - .now)) / 1_000_000 + 1)
        // Not whenever it wakes: nearly always a request has rung.
        guard Moment.now >= nextSweep else { continue }
        // A failure here shows in the next batch, which tells its caller.
        let isMore = (try? engine?.sweep()) ?? false
        nextSweep = .now + (isMore ? Self.sweepPause : Self.idlePause)
        publish()
      }
    }
  }

  /// Lets a group grow while the gateway is busy: every commit costs a synchronization of the disk
  /// and some wake-ups, as much as the rest of a request, and with many requests in flight a little
  /// patience is not noticed.
  private func gatherMore(_ batches: [Mailbox.Batch]) -> [Mailbox.Batch] {
    let inFlight = Int64(engine?.tally.claimed ?? 0)
    // The second condition keeps claims that nobody ends from slowing an idle gateway; the third
    // says that most of those who could join wait already.
    guard inFlight >= Self.busyFrom, Moment.now - lastCommit < Self.busyPause,
      batches.count < inFlight / 2
    else { return batches }
    usleep(UInt32(min(inFlight * Self.patiencePerRequest, Self.patienceLimit)))
    return batches + mailbox.takeMore()
  }

  /// Requests in flight from which on groups are gathered.
  private static let busyFrom: Int64 = 8
  /// So long without a commit makes the gateway idle.
  private static let busyPause = Duration.milliseconds(2)
  /// Microseconds to wait for each request in flight, and in all.
  private static let patiencePerRequest: Int64 = 50
  private static let patienceLimit: Int64 = 3_000

  private func perform(_ batches: [Mailbox.Batch]) {
    batches.inGroups { group in
      let results = engine?.perform(group.map(\.operations)) ?? []
      lastCommit = .now
      publish()
      for (batch, result) in zip(group, results) { batch.continuation.resume(returning: result) }
    }
  }

  /// Before anybody is resumed: what they do next must find it.
  private func publish() {
    guard let tally = engine?.tally, let changes = engine?.takeAnswerChanges() else { return }
    mailbox.publish(tally)
    if !changes.isEmpty { answers.withLock { $0.apply(changes) } }
  }
}
