// SPDX-License-Identifier: Apache-2.0

/// Why the front end answers a request itself instead of handing it on.
package enum Rejection: Sendable, Equatable {
  /// The body is announced or turned out to be larger than `limit` bytes. Becomes 413.
  case bodyTooLarge(limit: Int)
  /// The request was not sent whole within the read timeout. Becomes 408.
  case tooSlow
  /// The bytes are not an HTTP request that may be trusted; the text names the rule. Becomes 400.
  case malformed(String)
  /// As many requests are inside as the configuration allows. Becomes 503.
  case overloaded
}
