// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The wall clock of a process, moved while it runs, with every other clock left alone.
package struct WallClock: Sendable {
  private let file: String
  /// What the process has to be started with.
  package let environment: [String: String]
  private let folder: TemporaryFolder

  /// - Parameter standstill: the second of Unix time at which it stands until it is moved; nil for one
  ///   that goes on.
  package init(standingAt standstill: Int64? = nil) throws {
    folder = try TemporaryFolder()
    let setting = unsafe withUnsafeBytes(of: (Int64(0), standstill ?? 0)) { unsafe Array($0) }
    file = try folder.write(setting, to: "clock")
    // Made by the same build as the tests, in the same folder.
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let library = tests.deletingLastPathComponent().appendingPathComponent("libWallClock.so")
    environment = ["LD_PRELOAD": library.path, "WALL_CLOCK": file]
  }

  /// Jumps to so many seconds ahead of where it would be; below zero,
  /// behind.
  package func jump(to seconds: Int) throws {
    // In place: the process has the file mapped.
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
    defer { try? handle.close() }
    try handle.write(contentsOf: unsafe withUnsafeBytes(of: Int64(seconds)) { unsafe Data($0) })
  }
}
