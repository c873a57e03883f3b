// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A command of the path, in a process of its own.
///
/// Not Foundation's `Process`: that waits until every descendant has ended, so never for a command
/// that leaves a daemon behind, and AddressSanitizer stops it.
package final class SpawnedCommand: Sendable {
  private let process: pid_t

  /// Starts it with `/dev/null` for what is not given.
  package init(_ words: [String], input: Int32? = nil, output: Int32? = nil) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (own, wanted) in [(input, Int32(0)), (output, 1), (output, 2)] {
      if let own {
        unsafe posix_spawn_file_actions_adddup2(&actions, own, wanted)
      } else {
        unsafe posix_spawn_file_actions_addopen(&actions, wanted, "/dev/null", O_RDWR, 0)
      }
    }
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/usr/bin"
    var pointers = unsafe (["env", "PATH=\(path)"] + words).map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    var process: pid_t = 0
    let code = unsafe posix_spawn(&process, "/usr/bin/env", &actions, nil, &pointers, nil)
    guard code == 0 else { throw SocketError(call: "posix_spawn", number: code) }
    self.process = process
  }

  /// Waits for its end; the status as waitpid(2) gives it.
  package func wait() -> Int32 {
    var status: Int32 = -1
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// Whether it has ended by itself; its status is still to be had.
  package var hasEnded: Bool {
    var state = unsafe siginfo_t()
    let code = unsafe waitid(P_PID, id_t(process), &state, WEXITED | WNOHANG | WNOWAIT)
    return unsafe code == 0 && state._sifields._sigchld.si_pid == process
  }

  package func signal(_ number: Int32) { kill(process, number) }

  /// Ends it at once.
  package func end() {
    kill(process, SIGKILL)
    _ = wait()
  }
}

/// Runs a command to its end.
///
/// - Throws: `CommandFailure` with its output when it does not exit with 0.
package func runToEnd(_ command: String, _ arguments: [String]) throws {
  let folder = try TemporaryFolder()
  let output = try FileHandle(
    forWritingTo: URL(fileURLWithPath: try folder.write("", to: "output")))
  let status = try SpawnedCommand([command] + arguments, output: output.fileDescriptor).wait()
  guard status == 0 else {
    let text = try folder.read("output")
    throw CommandFailure(command: command, output: String(decoding: text, as: UTF8.self))
  }
}

package struct CommandFailure: Error {
  package let command: String
  package let output: String
}
