// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Dispatch
package import Foundation

/// Writes lines to a file descriptor without ever blocking whoever hands them over.
///
/// Lines are gathered while the descriptor is slow; when more than the limit wait, new ones are
/// dropped and counted, and the next line that fits says how many. They are written some
/// milliseconds later, many at once: waking a thread for each line costs more than making it. A
/// process that is killed loses the lines of that time.
package final class LineWriter: Sendable {
  private static let limitBytes = 8 << 20

  private struct Pending: Sendable {
    var bytes: [UInt8] = []
    var dropped = 0
    var isScheduled = false
  }

  private static let delay = DispatchTimeInterval.milliseconds(10)

  private let pending = Guarded(Pending())
  private let queue = DispatchQueue(label: "log")
  private let file: FileHandle

  package init(_ file: FileHandle = .standardError) {
    self.file = file
  }

  /// Takes a whole line, line feed included.
  package func write(_ line: String) {
    let mustSchedule = pending.withLock { pending in
      guard pending.bytes.count + line.utf8.count <= Self.limitBytes else {
        pending.dropped += 1
        return false
      }
      pending.bytes.append(contentsOf: line.utf8)
      defer { pending.isScheduled = true }
      return !pending.isScheduled
    }
    if mustSchedule { queue.asyncAfter(deadline: .now() + Self.delay) { self.drain() } }
  }

  /// Returns when everything handed over before is written.
  package func flush() {
    queue.sync { drain() }
  }

  private func drain() {
    while true {
      let (bytes, dropped) = pending.withLock { pending in
        defer {
          pending.isScheduled = !pending.bytes.isEmpty
          pending.bytes = []
          pending.dropped = 0
        }
        return (pending.bytes, pending.dropped)
      }
      guard !bytes.isEmpty else { return }
      // A log that cannot be written has nowhere to complain.
      try? file.write(contentsOf: Data(bytes))
      if dropped > 0 {
        let note =
          "{\"level\":\"warning\",\"kind\":\"event\",\"message\":\"log lines dropped\",\"lines\":\(dropped)}\n"
        try? file.write(contentsOf: Data(note.utf8))
      }
    }
  }
}
