// SPDX-License-Identifier: Apache-2.0
import Clocks
import Concurrency
import Foundation
import Glibc
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
  /// Runs `body` with a loop that is stopped afterwards.
  private func withLoop<Value>(
    threads: Int, _ body: (EventLoop) async throws -> Value
  ) async throws -> Value {
    let loop = try EventLoop(threads: threads, name: "test")
    defer { loop.stop() }
    return try await body(loop)
  }

  @Test("tasks run on the loop's threads, however often they wait", arguments: [1, 2, 4])
  func tasks(threads: Int) async throws {
    let sum = try await withLoop(threads: threads) { loop in
      await withTaskGroup(of: Int.self) { group in
        for number in 0..<200 {
          group.addTask(executorPreference: loop) {
            for _ in 0..<50 { await Task.yield() }
            return number
          }
        }
        return await group.reduce(0, +)
      }
    }
    #expect(sum == 199 * 200 / 2)
  }

  @Test("a long job runs after the short ones that wait")
  func longJobsLast() async throws {
    try await withLoop(threads: 1) { loop in
      let order = Guarded<[String]>([])
      await withTaskGroup { group in
        group.addTask(executorPreference: loop) {
          await withTaskGroup { inner in
            inner.addTask(executorPreference: loop.computing) {
              order.withLock { $0.append("long") }
            }
            for _ in 0..<3 {
              inner.addTask(executorPreference: loop) { order.withLock { $0.append("short") } }
            }
          }
        }
      }
      #expect(order.withLock { $0 } == ["short", "short", "short", "long"])
    }
  }

  @Test("a flood of short jobs does not keep a long one waiting for ever")
  func longJobsGoOn() async throws {
    try await withLoop(threads: 1) { loop in
      let isOver = Guarded(false)
      await withTaskGroup { group in
        for _ in 0..<4 {
          // Each is a short job that queues its next one, until the long one has had its turn.
          group.addTask(executorPreference: loop) {
            while !isOver.withLock({ $0 }) { await Task.yield() }
          }
        }
        group.addTask(executorPreference: loop.computing) { isOver.withLock { $0 = true } }
      }
    }
  }

  @Test("a task comes back from a long job to the loop it came from")
  func thereAndBack() async throws {
    try await withLoop(threads: 2) { loop in
      let names = await Task(executorPreference: loop) {
        let before = threadName()
        let within = await withTaskExecutorPreference(loop.computing) { threadName() }
        return [before, within, threadName()]
      }.value
      #expect(names == ["test", "test", "test"])
    }
  }

  @Test("a source has its turn when it is readable, and when it is signalled", arguments: [1, 3])
  func turns(threads: Int) async throws {
    try await withLoop(threads: threads) { loop in
      let source = try PipeSource()
      let station = try loop.attach(source)
      for number in 1...100 {
        source.write()
        await source.hasRead(number)
      }
      let before = source.turns
      station.signal()
      await source.hasTurned(before + 1)
      station.detach()
    }
  }

  @Test("turns exclude each other and exclusive work")
  func exclusion() async throws {
    try await withLoop(threads: 4) { loop in
      let source = try PipeSource()
      let station = try loop.attach(source)
      await withTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            for _ in 0..<500 {
              station.signal()
              station.exclusively { source.step() }
            }
          }
        }
      }
      station.detach()
      #expect(source.overlaps == 0)
    }
  }

  @Test("a source is called at its deadline though nothing happens")
  func deadline() async throws {
    try await withLoop(threads: 2) { loop in
      let source = try PipeSource { _ in .now + .milliseconds(1) }
      let station = try loop.attach(source)
      station.signal()
      await source.hasTurned(5)
      station.detach()
    }
  }

  @Test("a source that has more to do has its next turn after the short jobs of this one")
  func onceMore() async throws {
    try await withLoop(threads: 1) { loop in
      let order = Guarded<[String]>([])
      let (ended, end) = AsyncStream.makeStream(of: Void.self)
      let source = try PipeSource { turn in
        order.withLock { $0.append("turn \(turn)") }
        if turn < 3 {
          Task(executorPreference: loop) { order.withLock { $0.append("job of turn \(turn)") } }
          return .now
        }
        end.yield()
        return nil
      }
      let station = try loop.attach(source)
      station.signal()
      for await _ in ended { break }
      station.detach()
      #expect(
        order.withLock { $0 }
          == ["turn 1", "job of turn 1", "turn 2", "job of turn 2", "turn 3"])
    }
  }

  @Test(
    "a source that always has more to do keeps no other from its turn, and no job",
    arguments: [1, 3])
  func noEndOfTurns(threads: Int) async throws {
    try await withLoop(threads: threads) { loop in
      let busy = try PipeSource { _ in .now }
      let other = try PipeSource()
      let stations = [try loop.attach(busy), try loop.attach(other)]
      stations[0].signal()
      await busy.hasTurned(2)
      other.write()
      await other.hasRead(1)
      let turns = busy.turns
      await busy.hasTurned(turns + 2)
      await Task(executorPreference: loop.computing) {}.value
      await Task(executorPreference: loop) {}.value
      for station in stations { station.detach() }
    }
  }

  @Test("a detached source has no turn any more, whoever still knows its station")
  func detached() async throws {
    try await withLoop(threads: 1) { loop in
      let source = try PipeSource()
      let station = try loop.attach(source)
      station.detach()
      let before = source.turns
      station.run()
      #expect(source.turns == before)
    }
  }

  @Test("a task that outlives its loop goes on elsewhere")
  func outliving() async throws {
    let loop = try EventLoop(threads: 1, name: "test")
    let (stream, go) = AsyncStream.makeStream(of: Void.self)
    let (reached, reach) = AsyncStream.makeStream(of: Void.self)
    let task = Task(executorPreference: loop) {
      reach.yield()
      for await _ in stream { break }
      return threadName()
    }
    for await _ in reached { break }
    loop.stop()
    go.yield()
    #expect(await task.value != "test")
  }
}

private func threadName() -> String {
  let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
  return String((name ?? "").dropLast())
}

/// A pipe whose bytes are counted as they are read.
private final class PipeSource: EventSource {
  private struct State: Sendable {
    var turns = 0
    var bytes = 0
    var overlaps = 0
    var isInside = false
    var waiting: [(isOver: @Sendable (Int, Int) -> Bool, CheckedContinuation<Void, Never>)] = []
  }

  let descriptor: Int32
  private let input: Int32
  private let next: @Sendable (Int) -> Moment?
  private let state = Guarded(State())

  /// - Parameter next: when to have the turn after that of the given number, counted from 1.
  init(next: @escaping @Sendable (Int) -> Moment? = { _ in nil }) throws {
    var ends: [Int32] = [0, 0]
    try #require(unsafe pipe(&ends) == 0)
    (descriptor, input) = (ends[0], ends[1])
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    self.next = next
  }

  deinit {
    close(descriptor)
    close(input)
  }

  var turns: Int { state.withLock { $0.turns } }
  var overlaps: Int { state.withLock { $0.overlaps } }

  func write() {
    var byte: UInt8 = 1
    _ = unsafe Glibc.write(input, &byte, 1)
  }

  func hasRead(_ bytes: Int) async { await wait { _, read in read >= bytes } }
  func hasTurned(_ turns: Int) async { await wait { turned, _ in turned >= turns } }

  /// Something that two threads must not do at once.
  func step() {
    let wasInside = state.withLock { state in
      defer { state.isInside = true }
      return state.isInside
    }
    sched_yield()
    state.withLock { state in
      if wasInside { state.overlaps += 1 }
      state.isInside = false
    }
  }

  func turn() -> Moment? {
    step()
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = unsafe read(descriptor, &buffer, buffer.count)
    let (turn, over) = state.withLock { state in
      state.turns += 1
      state.bytes += max(0, count)
      let (turns, bytes) = (state.turns, state.bytes)
      let over = state.waiting.filter { $0.isOver(turns, bytes) }
      state.waiting.removeAll { $0.isOver(turns, bytes) }
      return (turns, over)
    }
    for waiter in over { waiter.1.resume() }
    return next(turn)
  }

  private func wait(_ isOver: @escaping @Sendable (Int, Int) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isOverNow = state.withLock { state in
        if isOver(state.turns, state.bytes) { return true }
        state.waiting.append((isOver, continuation))
        return false
      }
      if isOverNow { continuation.resume() }
    }
  }
}
