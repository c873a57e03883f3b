// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import GatewayCore

/// When the configuration was read, and how that ended.
final class ConfigurationLoads: Sendable {
  struct State: Sendable {
    /// Whether the latest try ended in a configuration that is used now.
    var succeeded = true
    /// Unix time of the latest try.
    var triedAt: Int64
    /// Unix time since when the present configuration is used.
    var loadedAt: Int64
  }

  private let state: Guarded<State>

  /// The first load, which is the start, has succeeded.
  init(now: Int64 = TimeSource.system.unixSeconds()) {
    state = Guarded(State(triedAt: now, loadedAt: now))
  }

  var latest: State { state.withLock { $0 } }

  func record(succeeded: Bool, now: Int64 = TimeSource.system.unixSeconds()) {
    state.withLock { state in
      state.succeeded = succeeded
      state.triedAt = now
      if succeeded { state.loadedAt = now }
    }
  }
}
