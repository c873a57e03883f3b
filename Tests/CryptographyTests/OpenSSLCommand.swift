// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The `openssl` command, as a second opinion.
enum OpenSSLCommand {
  /// Runs it in `folder` without a terminal and returns what it wrote; the test fails unless it
  /// exits 0.
  @discardableResult
  static func run(_ arguments: String..., in folder: String) throws -> String {
    try run(arguments, in: folder)
  }

  @discardableResult
  static func run(_ arguments: [String], in folder: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "openssl \(arguments.joined(separator: " "))")
    return String(decoding: bytes, as: UTF8.self)
  }
}
