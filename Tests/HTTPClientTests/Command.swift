// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// Runs a command of the path to its end.
///
/// Not with Foundation's `Process`: that waits until every descendant has ended, so never for a command that leaves
/// a daemon behind.
///
/// - Throws: `CommandFailure` with its output when it does not exit with 0.
func runToEnd(_ command: String, _ arguments: [String]) throws {
  let folder = try TemporaryFolder()
  let output = try folder.write("", to: "output")
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY, 0)
  unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
  let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/usr/bin"
  let words = ["env", "PATH=\(path)", command] + arguments
  var pointers = unsafe words.map { unsafe strdup($0) } + [nil]
  defer { unsafe pointers.forEach { unsafe free($0) } }
  var process: pid_t = 0
  var status: Int32 = 0
  let code = unsafe posix_spawn(&process, "/usr/bin/env", &actions, nil, &pointers, nil)
  guard code == 0, unsafe waitpid(process, &status, 0) == process, status == 0 else {
    let text = try folder.read("output")
    throw CommandFailure(command: command, output: String(decoding: text, as: UTF8.self))
  }
}

struct CommandFailure: Error {
  let command: String
  let output: String
}
