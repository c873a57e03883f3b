// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The wall clock of this machine, which may be set at any time.
package enum UnixTime {
  /// Milliseconds since 1970; never negative.
  package static func milliseconds() -> Int {
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    return max(0, now.tv_sec * 1000 + now.tv_nsec / 1_000_000)
  }
}
