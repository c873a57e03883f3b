// SPDX-License-Identifier: Apache-2.0
package import JSON

/// An error answer of WeChat Pay, or of something in between, as it came.
package struct UpstreamError: Sendable, Equatable {
  package var status: Int
  /// `code`, `message` and `detail` of the body, when it was WeChat Pay's JSON.
  package var code: String?
  package var message: String?
  package var detail: JSONValue?
  /// WeChat Pay's `Request-ID`.
  package var requestID: String?
  /// Whether the answer's signature was there and right.
  package var verified: Bool

  package init(
    status: Int, code: String? = nil, message: String? = nil, detail: JSONValue? = nil,
    requestID: String? = nil, verified: Bool
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.detail = detail
    self.requestID = requestID
    self.verified = verified
  }
}
