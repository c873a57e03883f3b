// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation

/// One of the programs as a child process: its lines as they come, its end, and signals.
final class ChildProgram: Sendable {
  private struct State {
    var lines: [String] = []
    var partial = Data()
    var status: Int32?
    var waiting: [Waiter] = []
    var ending: [CheckedContinuation<Int32, Never>] = []
  }

  /// Somebody waits for a line: for so many more that are wanted.
  private struct Waiter {
    let isWanted: @Sendable (String) -> Bool
    var left: Int
    let continuation: CheckedContinuation<String?, Never>
  }

  private let state = Guarded(Box(State()))
  let processIdentifier: Int32

  /// Keeps what is not Sendable inside the lock.
  private final class Box: @unchecked Sendable {
    // Sendable: only touched while the lock that holds it is held.
    var value: State
    init(_ value: State) { self.value = value }
  }

  /// The products of one build lie in one folder, the executable that runs the tests among them.
  static func path(of name: String) -> URL {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appendingPathComponent(name)
  }

  /// - Parameter launcher: a command that starts the program, e.g. one that limits its resources.
  init(
    _ name: String, _ arguments: [String], environment: [String: String] = [:],
    launcher: [String] = []
  ) throws {
    let process = Process()
    let program = Self.path(of: name)
    process.executableURL = launcher.isEmpty ? program : URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = launcher.isEmpty ? arguments : launcher + [program.path] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    let state = state
    output.fileHandleForReading.readabilityHandler = { file in
      let data = file.availableData
      if data.isEmpty { file.readabilityHandler = nil }
      Self.take(data, state)
    }
    process.terminationHandler = { process in Self.end(process, state) }
    try process.run()
    processIdentifier = process.processIdentifier
  }

  deinit {
    // A program that a failed test left behind.
    if state.withLock({ $0.value.status == nil }) { kill(processIdentifier, SIGKILL) }
  }

  /// Everything it printed so far.
  var lines: [String] { state.withLock { $0.value.lines } }

  /// A line that contains `text`, waited for; `nil` when the program ended without one.
  /// - Parameter occurrence: which of them, counted from 1.
  func line(containing text: String, occurrence: Int = 1) async -> String? {
    await line(occurrence: occurrence) { $0.contains(text) }
  }

  /// A line that is wanted, waited for; `nil` when the program ended without one.
  func line(occurrence: Int = 1, where isWanted: @escaping @Sendable (String) -> Bool) async
    -> String?
  {
    await withCheckedContinuation { continuation in
      let known: String?? = state.withLock { box in
        let lines = box.value.lines.filter(isWanted)
        if lines.count >= occurrence { return .some(lines[occurrence - 1]) }
        if box.value.status != nil { return .some(nil) }
        box.value.waiting.append(
          Waiter(
            isWanted: isWanted, left: occurrence - lines.count, continuation: continuation))
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  /// How many lines so far contain `text`.
  func count(of text: String) -> Int { lines.count { $0.contains(text) } }

  func signal(_ number: Int32) { kill(processIdentifier, number) }

  /// The exit status, or the number of the signal that ended it, waited for.
  func end() async -> Int32 {
    await withCheckedContinuation { continuation in
      let known: Int32? = state.withLock { box in
        if box.value.status == nil { box.value.ending.append(continuation) }
        return box.value.status
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  private static func take(_ data: Data, _ state: Guarded<Box>) {
    let found: [(CheckedContinuation<String?, Never>, String)] = state.withLock { box in
      box.value.partial += data
      var found: [(CheckedContinuation<String?, Never>, String)] = []
      while let end = box.value.partial.firstIndex(of: 0x0A) {
        let line = String(decoding: box.value.partial[..<end], as: UTF8.self)
        box.value.partial = box.value.partial[(end + 1)...]
        box.value.lines.append(line)
        for index in box.value.waiting.indices where box.value.waiting[index].isWanted(line) {
          box.value.waiting[index].left -= 1
          if box.value.waiting[index].left == 0 {
            found.append((box.value.waiting[index].continuation, line))
          }
        }
        box.value.waiting.removeAll { $0.left == 0 }
      }
      return found
    }
    for (continuation, line) in found { continuation.resume(returning: line) }
  }

  private static func end(_ process: Process, _ state: Guarded<Box>) {
    let (waiting, ending) = state.withLock { box in
      box.value.status = process.terminationStatus
      defer {
        box.value.waiting = []
        box.value.ending = []
      }
      return (box.value.waiting, box.value.ending)
    }
    for waiter in waiting { waiter.continuation.resume(returning: nil) }
    for continuation in ending { continuation.resume(returning: process.terminationStatus) }
  }
}
