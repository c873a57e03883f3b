// SPDX-License-Identifier: Apache-2.0

/// Exponential back-off with full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog,
/// 2015).
package struct Backoff: Sendable {
  private static let first = 0.1
  private static let longest = 2.0

  /// - Parameters:
  ///   - retry: 0 for the first retry.
  ///   - random: from 0 to 1.
  package static func pause(beforeRetry retry: Int, random: Double) -> Duration {
    let ceiling = min(longest, first * Double(1 << min(retry, 10)))
    return .seconds(random * ceiling)
  }
}
