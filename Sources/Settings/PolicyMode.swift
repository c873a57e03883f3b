// SPDX-License-Identifier: Apache-2.0

/// Whether a policy refuses, or only says what it would have refused.
package enum PolicyMode: String, Sendable, Hashable, CaseIterable {
  case enforce
  /// Counts and logs what it would have refused, and lets it through.
  case observe

  static let key = DefaultedKey(
    "mode", ValueType<PolicyMode>.choice, default: .enforce,
    """
    "enforce" refuses what breaks the policy. "observe" only counts and logs what would have been \
    refused, and lets it through.
    """)
}

/// The policies that a chain can hold.
package enum PolicyName: String, Sendable, Hashable, CaseIterable {
  case authenticate
  case validate
  case rateLimit = "rate_limit"
  case deduplicate
}
