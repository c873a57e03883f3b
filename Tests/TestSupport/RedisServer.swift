// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Foundation

/// A Redis server on a free port of 127.0.0.1, with every change on the disk before it answers. Needs
/// the Debian package `redis-server`.
package final class RedisServer: Sendable {
  package let port: UInt16
  private let folder: TemporaryFolder
  private let clock: WallClock
  private let options: [String]
  private let process: Guarded<SpawnedCommand>

  package var url: String { "redis://127.0.0.1:\(port)/0" }

  /// Returns when it answers.
  /// - Parameter options: further words of its command line.
  package init(_ options: [String] = []) throws {
    folder = try TemporaryFolder()
    clock = try WallClock(standingAt: 1_700_000_000)
    self.options = options
    let (folder, clock) = (folder, clock)
    let (port, started) = try ScriptedServer.onFreePort { port in
      (port, try Self.start(port: port, folder: folder, clock: clock, options: options))
    }
    self.port = port
    process = Guarded(started)
  }

  deinit { process.withLock { $0.end() } }

  /// Ends it at once, as a crash would.
  package func kill() { process.withLock { $0.end() } }

  /// Starts it again on what it had on its disk.
  package func restart() throws {
    let next = try Self.start(port: port, folder: folder, clock: clock, options: options)
    process.withLock { $0 = next }
  }

  /// Lets it hang, with its connections open, until `resume`.
  package func pause() { process.withLock { $0.signal(SIGSTOP) } }

  package func resume() { process.withLock { $0.signal(SIGCONT) } }

  /// Its wall clock, which stands still, jumps to so many seconds ahead of where it was at first.
  package func jump(to seconds: Int) throws { try clock.jump(to: seconds) }

  /// Runs a command as an operator would and returns what redis-cli prints.
  @discardableResult
  package func command(_ words: String...) throws -> String { try command(words) }

  @discardableResult
  package func command(_ words: [String]) throws -> String {
    try Command("redis-cli", ["-p", "\(port)", "--raw"] + words).succeed()
  }

  /// Returns when it answers; a refusal is an answer too.
  private static func start(
    port: UInt16, folder: TemporaryFolder, clock: WallClock, options: [String]
  ) throws -> SpawnedCommand {
    let process = try SpawnedCommand(
      clock.environment.map { "\($0)=\($1)" } + [
        "redis-server", "--bind", "127.0.0.1", "--port", "\(port)", "--dir", folder.path,
        "--save", "", "--appendonly", "yes", "--appendfsync", "always",
        "--cluster-port", "\(try ScriptedServer.freePort())",
      ] + options)
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      let answer = try Command("redis-cli", ["-p", "\(port)", "--raw", "PING"]).run()
      let isReady = answer.status == 0 && !answer.output.hasPrefix("LOADING")
      if isReady, !process.hasEnded { return process }
      guard !process.hasEnded, ContinuousClock.now < deadline else {
        process.end()
        throw CommandFailure(command: "redis-server", output: answer.output)
      }
    }
  }
}
