// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventLoop

@Suite struct RosterTests {
  /// An idle thread polls, then leads, or rests when another leads.
  @Test("of idle threads one leads and the others rest")
  func oneLeader() {
    var roster = Roster()
    #expect(roster.next(hasPolled: false).name == "poll")
    #expect(roster.next(hasPolled: true).name == "lead")
    #expect(roster.next(hasPolled: true).name == "rest")
    roster.leaderReturned()
    #expect(roster.next(hasPolled: true).name == "lead")
  }

  @Test("a signal from outside wakes a resting thread, else the leader, and the leader once")
  func calls() {
    var roster = Roster()
    #expect(roster.signal(fromWithin: false) == .nobody)
    _ = roster.next(hasPolled: true)
    _ = roster.next(hasPolled: true)
    #expect(roster.signal(fromWithin: true) == .nobody)
    #expect(roster.signal(fromWithin: false) == .resting)
    #expect(roster.signal(fromWithin: false) == .leader)
    #expect(roster.signal(fromWithin: false) == .nobody)
    roster.leaderReturned()
    #expect(roster.signal(fromWithin: false) == .nobody)
  }

  @Test("a stopping roster sends its threads home")
  func stopping() {
    var roster = Roster()
    _ = roster.next(hasPolled: true)
    _ = roster.next(hasPolled: true)
    _ = roster.next(hasPolled: true)
    #expect(roster.stop() == 2)
    #expect(roster.next(hasPolled: true).name == "end")
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
