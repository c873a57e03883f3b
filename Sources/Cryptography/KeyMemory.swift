// SPDX-License-Identifier: Apache-2.0
internal import CKeyMemory
internal import Glibc

/// Where keys, tokens and passphrases live: pages that are not swapped out and not dumped, and that
/// are overwritten when they are let go. `docs/secrets.md` says what is there and what is not.
package enum KeyMemory {
  /// Sets it up, with as many pages locked as `RLIMIT_MEMLOCK` allows, whose soft limit is raised to
  /// the hard one. To be called once, before OpenSSL or libcurl is used; without it everything
  /// works, in ordinary memory.
  package static func start() {
    ckeymemory_set_dumpable(0)
    ckeymemory_start()
  }

  /// Decides for good whether a crash may leave a core dump; after `start` none is left.
  package static func settleCoreDumps(allowed: Bool) {
    guard !allowed else { return ckeymemory_set_dumpable(1) }
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    // Where the kernel pipes dumps to a program, the limit alone does not stop it: core(5).
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }

  /// What stands in it that could be swapped out; `nil` while all of it is locked.
  package static var shortage: Shortage? {
    let shortage = Shortage(usedBytes: ckeymemory_used(), lockedBytes: ckeymemory_locked())
    return shortage.usedBytes > shortage.lockedBytes ? shortage : nil
  }

  /// More bytes of keys than may be locked.
  package struct Shortage: Sendable {
    package let usedBytes: Int
    package let lockedBytes: Int
  }

  /// Runs something that handles keys: what OpenSSL allocates meanwhile is secret too.
  static func within<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    ckeymemory_enter()
    defer { ckeymemory_leave() }
    return try body()
  }
}
