// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A token of SoftHSM (Debian's softhsm2) in a folder of its own, with the tools that fill it.
package struct SoftToken: Sendable {
  /// Debian puts it here on every architecture.
  package static let module = "/usr/lib/softhsm/libsofthsm2.so"
  package static let pin = "4711-pin"

  private let folder: TemporaryFolder

  /// Names the configuration of SoftHSM to a process, this one or one to be started.
  package var environment: [String: String] { ["SOFTHSM2_CONF": folder.file("softhsm2.conf")] }

  /// Makes the token `wxpay`.
  package init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("tokens"), withIntermediateDirectories: false)
    _ = try folder.write(
      """
      directories.tokendir = \(folder.file("tokens"))
      objectstore.backend = file
      log.level = ERROR
      """, to: "softhsm2.conf")
    try run(
      "softhsm2-util", "--init-token", "--free", "--label", "wxpay", "--so-pin", "so-4711", "--pin",
      Self.pin)
  }

  /// Puts a private key in PEM (PKCS #8) into it.
  ///
  /// - Parameter id: hexadecimal.
  package func add(_ pem: [UInt8], label: String, id: String) throws {
    let file = try folder.write(pem, to: "key.pem")
    try run(
      "softhsm2-util", "--import", file, "--token", "wxpay", "--label", label, "--id", id, "--pin",
      Self.pin)
  }

  /// Takes the token away, as if its cable were pulled.
  package func disconnect() throws {
    try FileManager.default.moveItem(atPath: folder.file("tokens"), toPath: folder.file("away"))
  }

  package func reconnect() throws {
    try FileManager.default.moveItem(atPath: folder.file("away"), toPath: folder.file("tokens"))
  }

  private struct Failed: Error {
    let command: [String]
    let output: String
  }

  private func run(_ command: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(command: command, output: text) }
  }
}
