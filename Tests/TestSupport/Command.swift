// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A program of the system, run to its end.
package struct Command: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package struct Result: Sendable {
    package var status: Int32
    /// What it printed, errors included.
    package var output: String
  }

  private let name: String
  private let arguments: [String]

  /// - Parameter name: looked up in the folders for programs.
  package init(_ name: String, _ arguments: [String]) {
    self.name = name
    self.arguments = arguments
  }

  /// Runs it on this thread.
  ///
  /// - Parameter input: what it reads; the end follows.
  package func run(input: String = "") throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    let (output, source) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = output
    process.standardInput = source
    try process.run()
    // Shorter than the pipe's buffer, so this does not wait.
    try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try source.fileHandleForWriting.close()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self))
  }

  /// Runs it on a thread of its own.
  package func callAsFunction(input: String = "") async throws -> Result {
    try await ScriptedSocket.offPool { try run(input: input) }
  }

  /// Runs it on this thread, and throws when it fails.
  @discardableResult
  package func succeed() throws -> String {
    let result = try run()
    guard result.status == 0 else { throw Failure(description: "\(name): \(result.output)") }
    return result.output
  }
}
