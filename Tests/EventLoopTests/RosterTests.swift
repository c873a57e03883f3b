// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Testing

@testable import EventLoop

@Suite struct RosterTests {
  /// An idle thread polls, then leads, or rests when another leads.
  @Test("of idle threads one leads and the others rest")
  func oneLeader() {
    var roster = Roster()
    #expect(roster.next(looks: 0).name == "poll")
    #expect(roster.next(looks: 1).name == "lead")
    #expect(roster.next(looks: 1).name == "rest")
    roster.leaderReturned()
    #expect(roster.next(looks: 1).name == "lead")
  }

  @Test("a signal from outside wakes a resting thread, else the leader, and the leader once")
  func calls() {
    var roster = Roster()
    #expect(roster.signal(fromWithin: false) == .nobody)
    _ = roster.next(looks: 1)
    _ = roster.next(looks: 1)
    #expect(roster.signal(fromWithin: true) == .nobody)
    #expect(roster.signal(fromWithin: false) == .resting)
    #expect(roster.signal(fromWithin: false) == .leader)
    #expect(roster.signal(fromWithin: false) == .nobody)
    roster.leaderReturned()
    #expect(roster.signal(fromWithin: false) == .nobody)
  }

  @Test("while many long jobs wait, four of them run between two looks after I/O; else one")
  func longRun() {
    let executor = HoldingExecutor()
    for _ in 0..<8 { Task(executorPreference: executor) {} }
    var roster = Roster()
    for job in executor.jobs { _ = roster.add(job, isLong: true, fromWithin: true) }
    var duties: [String] = []
    repeat {
      let duty = roster.next(looks: duties.last == "run" ? 0 : 1)
      if case .run(let job, _, _) = duty {
        unsafe job.runSynchronously(on: executor.asUnownedTaskExecutor())
      }
      duties.append(duty.name)
    } while duties.last != "lead"
    let one = ["run", "poll"]
    #expect(duties == ["run", "run", "run", "run", "poll"] + one + one + one + one + ["lead"])
  }

  @Test(
    "a source that has more to do is looked after three times before a long job, and nobody sleeps")
  func moreDue() {
    let executor = HoldingExecutor()
    Task(executorPreference: executor) {}
    var roster = Roster()
    for job in executor.jobs { _ = roster.add(job, isLong: true, fromWithin: true) }
    for looks in 0..<Roster.looksInRow {
      #expect(roster.next(looks: looks, isMoreDue: true).name == "poll")
    }
    let looks = Roster.looksInRow
    guard case .run(let job, isLong: true, _) = roster.next(looks: looks, isMoreDue: true) else {
      Issue.record("the long job has to wait")
      return
    }
    unsafe job.runSynchronously(on: executor.asUnownedTaskExecutor())
    #expect(roster.next(looks: looks, isMoreDue: true).name == "poll")
    #expect(roster.next(looks: looks, isMoreDue: false).name == "lead")
  }

  @Test("a stopping roster sends its threads home")
  func stopping() {
    var roster = Roster()
    _ = roster.next(looks: 1)
    _ = roster.next(looks: 1)
    _ = roster.next(looks: 1)
    #expect(roster.stop() == 2)
    #expect(roster.next(looks: 1).name == "end")
  }
}

/// Keeps the jobs it gets.
private final class HoldingExecutor: TaskExecutor {
  private let held = Guarded<[UnownedJob]>([])

  var jobs: [UnownedJob] { held.withLock { $0 } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    held.withLock { $0.append(job) }
  }
}

extension Roster.Duty {
  fileprivate var name: String {
    switch self {
    case .run: "run"
    case .poll: "poll"
    case .lead: "lead"
    case .rest: "rest"
    case .end: "end"
    }
  }
}
