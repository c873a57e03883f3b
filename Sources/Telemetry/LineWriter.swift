// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Dispatch

/// Writes lines to a file or a descriptor without ever blocking whoever hands them over.
///
/// Lines are gathered and written some milliseconds later, many at once: waking a thread for each
/// costs more than making it. A process that is killed loses the lines of that time. What cannot be
/// written (a full disk, a reader that does not read) waits and is tried again; when more than the
/// limit waits, new lines are dropped and counted, and the next line that fits says how many.
package final class LineWriter: Sendable {
  /// What has become of the lines so far.
  package struct Statistics: Sendable, Equatable {
    package var linesDropped = 0
    /// Attempts to write, or to open the file anew, that failed.
    package var errors = 0
    /// Why the latest attempt failed; `nil` after one that succeeded.
    package var failure: String?
    /// Bytes that wait to be written.
    package var bytesWaiting = 0
  }

  private static let delay = DispatchTimeInterval.milliseconds(10)
  private static let retryDelay = DispatchTimeInterval.milliseconds(250)

  private struct Pending: Sendable {
    var bytes: [UInt8] = []
    /// Taken from `bytes`, but not written yet.
    var bytesBeingWritten = 0
    var droppedSinceNote = 0
    var isScheduled = false
    var statistics = Statistics()
  }

  private let limitBytes: Int
  private let pending = Guarded(Pending())
  private let queue = DispatchQueue(label: "log")
  /// Touched on `queue` only.
  private let file: LogFile

  /// - Parameter limitBytes: that may wait.
  package init(_ file: LogFile = .standardError, limitBytes: Int = 8 << 20) {
    self.file = file
    self.limitBytes = limitBytes
  }

  /// Takes a whole line, line feed included.
  package func write(_ line: [UInt8]) {
    let mustSchedule = pending.withLock { pending in
      guard pending.bytes.count + pending.bytesBeingWritten + line.count <= limitBytes else {
        pending.droppedSinceNote += 1
        pending.statistics.linesDropped += 1
        return false
      }
      pending.bytes.append(contentsOf: line)
      defer { pending.isScheduled = true }
      return !pending.isScheduled
    }
    if mustSchedule { queue.asyncAfter(deadline: .now() + Self.delay) { self.drain() } }
  }

  /// Opens the file anew, for a log that was moved away: what was handed over before goes to the old
  /// file, what comes after to the new one. When it cannot be opened, the old one stays.
  /// - Returns: why it could not be opened, if it could not.
  package func reopen() async -> String? {
    await onQueue {
      _ = self.writeOut()
      let failure = self.file.reopen()
      self.note(failure)
      return failure
    }
  }

  /// Returns when everything handed over before is written, or has failed to be.
  package func flush() async {
    _ = await onQueue { self.writeOut() }
  }

  package var statistics: Statistics {
    pending.withLock { pending in
      var statistics = pending.statistics
      statistics.bytesWaiting = pending.bytes.count + pending.bytesBeingWritten
      return statistics
    }
  }

  private func onQueue<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: work()) }
    }
  }

  private func drain() {
    let isDone = writeOut()
    let mustRetry = pending.withLock { pending in
      pending.isScheduled = !isDone || !pending.bytes.isEmpty
      return pending.isScheduled
    }
    guard mustRetry else { return }
    queue.asyncAfter(deadline: .now() + (isDone ? Self.delay : Self.retryDelay)) { self.drain() }
  }

  /// - Returns: whether everything that waited is written.
  private func writeOut() -> Bool {
    // What could not be written the last time comes first.
    if file.bytesWaiting > 0, !attempt() { return false }
    let (bytes, dropped) = pending.withLock { pending in
      defer {
        pending.bytesBeingWritten = pending.bytes.count
        pending.bytes = []
        pending.droppedSinceNote = 0
      }
      return (pending.bytes, pending.droppedSinceNote)
    }
    guard !bytes.isEmpty || dropped > 0 else { return true }
    file.lines = dropped > 0 ? bytes + Self.note(ofDropped: dropped) : bytes
    return attempt()
  }

  private func attempt() -> Bool {
    let failure = file.write()
    note(failure)
    pending.withLock { $0.bytesBeingWritten = file.bytesWaiting }
    return failure == nil
  }

  private func note(_ failure: String?) {
    pending.withLock { pending in
      pending.statistics.failure = failure
      if failure != nil { pending.statistics.errors += 1 }
    }
  }

  private static func note(ofDropped lines: Int) -> [UInt8] {
    Array(
      "{\"level\":\"warning\",\"kind\":\"event\",\"message\":\"log lines dropped\",\"lines\":\(lines)}\n"
        .utf8)
  }
}
