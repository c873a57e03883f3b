// SPDX-License-Identifier: Apache-2.0

/// A field of a log line. A field whose value is `nil` is left out.
package enum LogValue: Sendable, Equatable {
  case text(String)
  case whole(Int)
  case decimal(Double)
  case flag(Bool)
  case list([String])

  /// Seconds as a number.
  package static func seconds(_ duration: Duration) -> LogValue { .decimal(duration / .seconds(1)) }
}
