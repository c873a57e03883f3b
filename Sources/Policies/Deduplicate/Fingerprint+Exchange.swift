// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
package import GatewayCore
internal import JSON

extension Fingerprint {
  /// SHA-256 over path and query parameters and the canonical form of the body (RFC 8785), so that
  /// white space and the order of members do not matter (CONTRACT 2.4).
  package init(of exchange: borrowing Exchange) {
    // The rebuilt target has no line feed: it separates the two parts without doubt.
    var content: [UInt8] = []
    content.reserveCapacity(512)
    content.append(contentsOf: exchange.target.utf8)
    content.append(UInt8(ascii: "\n"))
    exchange.body?.appendCanonical(to: &content)
    self.init(SHA256.hash(content))
  }
}
