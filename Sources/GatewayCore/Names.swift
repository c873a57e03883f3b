// SPDX-License-Identifier: Apache-2.0

/// A merchant's number at WeChat Pay (mchid), e.g. `1900000001`.
package struct MerchantID: Hashable, Sendable, CustomStringConvertible {
  package let text: String
  package init(_ text: String) { self.text = text }
  package var description: String { text }
}

/// The name of a certificate or public key: upper-case hexadecimal, or `PUB_KEY_ID_…`.
package struct SerialNumber: Hashable, Sendable, CustomStringConvertible {
  package let text: String
  package init(_ text: String) { self.text = text }
  package var description: String { text }
}

/// A request's name in the response and in every log line.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
  package let text: String
  package init(_ text: String) { self.text = text }
  package var description: String { text }
}
