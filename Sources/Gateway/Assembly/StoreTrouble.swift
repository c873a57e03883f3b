// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Concurrency
internal import GatewayCore

/// The store's latest failure, for operators.
final class StoreTrouble: Sendable {
  /// How long a failure is told of: the store is only tried when requests come, so nothing says
  /// that it works again.
  private static let interest = Duration.seconds(60)

  private let latest = Guarded<(failure: StoreFailure, at: Moment)?>(nil)

  func note(_ failure: StoreFailure, at now: Moment) {
    latest.withLock { $0 = (failure, now) }
  }

  /// What failed within the last minute.
  func warning(now: Moment) -> String? {
    latest.withLock { latest in
      guard let latest, now - latest.at < Self.interest else { return nil }
      let seconds = (now - latest.at).components.seconds
      return "the store failed \(seconds) s ago: \(latest.failure.detail)"
    }
  }
}
