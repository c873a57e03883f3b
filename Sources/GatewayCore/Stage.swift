// SPDX-License-Identifier: Apache-2.0

/// A part of a request's way that is timed: the policies, and the steps of a call to WeChat Pay.
///
/// A closed set, so that its metrics are found once and not for every request.
package enum Stage: Int, Sendable, CaseIterable {
  case authenticate, selectMerchant, validate, rateLimit, deduplicate
  case sign, upstream, verify, normalize

  /// In `policies.chain`, metrics, `Server-Timing` and the log.
  package var name: StaticString {
    switch self {
    case .authenticate: "authenticate"
    case .selectMerchant: "select_merchant"
    case .validate: "validate"
    case .rateLimit: "rate_limit"
    case .deduplicate: "deduplicate"
    case .sign: "sign"
    case .upstream: "upstream"
    case .verify: "verify"
    case .normalize: "normalize"
    }
  }

  package var isPolicy: Bool { rawValue < Stage.sign.rawValue }
}
