// SPDX-License-Identifier: Apache-2.0

/// A verified success, normalized, on its way to the caller.
package struct Reply: Sendable, Equatable {
  package var status: Int
  /// `nil` for an answer without a body.
  package var contentType: String?
  package var body: [UInt8]
  /// WeChat Pay's `Request-ID`.
  package var upstreamRequestID: String?
  /// It comes from the store, or from joining a request in flight.
  package var replayed = false
  /// An earlier attempt with the same content had ended unknown.
  package var recovered = false

  package init(
    status: Int, contentType: String?, body: [UInt8], upstreamRequestID: String?,
    replayed: Bool = false,
    recovered: Bool = false
  ) {
    self.status = status
    self.contentType = contentType
    self.body = body
    self.upstreamRequestID = upstreamRequestID
    self.replayed = replayed
    self.recovered = recovered
  }
}
