// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The executable `StoreWriter` as a child process, and the lines it printed.
struct StoreWriterProcess {
  private let process = Process()
  private let output = Pipe()

  init(_ arguments: String...) throws {
    // The products of one build lie in one folder, the executable that runs the tests among them.
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("StoreWriter")
    process.arguments = arguments
    process.standardOutput = output
    try process.run()
  }

  /// Everything it prints until it ends by itself.
  func finish() -> [String] {
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return lines(bytes)
  }

  /// Reads until at least so many bytes were printed, kills it with SIGKILL, and returns every line
  /// it printed.
  func kill(afterBytes count: Int) -> [String] {
    var bytes = Data()
    while bytes.count < count {
      let some = output.fileHandleForReading.availableData
      if some.isEmpty { break }
      bytes += some
    }
    Foundation.kill(process.processIdentifier, SIGKILL)
    bytes += output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return lines(bytes)
  }

  private func lines(_ bytes: Data) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
