// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation

/// One of the programs as a child process: its lines as they come, its end, and signals.
final class ChildProgram: Sendable {
  private struct State {
    var lines: [String] = []
    var partial = Data()
    /// What it ended with, and whether all that it printed has been read.
    var exitStatus: Int32?
    var isRead = false
    /// Set when both are known.
    var status: Int32? { isRead ? exitStatus : nil }
    var waiting: [(wanted: String, continuation: CheckedContinuation<String?, Never>)] = []
    var ending: [CheckedContinuation<Int32, Never>] = []
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
    process.terminationHandler = { process in
      let status = process.terminationStatus
      Self.end(state) { $0.exitStatus = status }
    }
    try process.run()
    processIdentifier = process.processIdentifier
    // A thread that waits: a readability handler may miss the end under load.
    let printed = output.fileHandleForReading
    Thread.detachNewThread {
      while true {
        let data = printed.availableData
        if data.isEmpty { break }
        Self.take(data, state)
      }
      Self.end(state) { $0.isRead = true }
    }
  }

  deinit {
    // A program that a failed test left behind.
    if state.withLock({ $0.value.exitStatus == nil }) { kill(processIdentifier, SIGKILL) }
  }

  /// Everything it printed so far.
  var lines: [String] { state.withLock { $0.value.lines } }

  /// The first line that contains `text`, waited for; `nil` when the program ended without one.
  func line(containing text: String) async -> String? {
    await withCheckedContinuation { continuation in
      let known: String?? = state.withLock { box in
        if let line = box.value.lines.first(where: { $0.contains(text) }) { return .some(line) }
        if box.value.status != nil { return .some(nil) }
        box.value.waiting.append((text, continuation))
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }

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
        found += box.value.waiting.filter { line.contains($0.wanted) }.map {
          ($0.continuation, line)
        }
        box.value.waiting.removeAll { line.contains($0.wanted) }
      }
      return found
    }
    for (continuation, line) in found { continuation.resume(returning: line) }
  }

  private static func end(_ state: Guarded<Box>, _ note: (inout State) -> Void) {
    let (status, waiting, ending) = state.withLock {
      box -> (
        Int32, [(wanted: String, continuation: CheckedContinuation<String?, Never>)],
        [CheckedContinuation<Int32, Never>]
      ) in
      note(&box.value)
      guard let status = box.value.status else { return (0, [], []) }
      defer {
        box.value.waiting = []
        box.value.ending = []
      }
      return (status, box.value.waiting, box.value.ending)
    }
    for waiter in waiting { waiter.continuation.resume(returning: nil) }
    for continuation in ending { continuation.resume(returning: status) }
  }
}
