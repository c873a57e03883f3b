// SPDX-License-Identifier: Apache-2.0

/// The bytes that are signed (WeChat Pay APIv3, "签名生成" and "签名验证").
package enum CanonicalMessage {
  /// Of a request: five lines, each ended by a line feed, the last one too.
  ///
  /// - Parameters:
  ///   - target: path and query exactly as sent.
  ///   - body: `nil` and empty both give an empty line.
  package static func request(
    method: String, target: String, timestamp: Int64, nonce: String, body: [UInt8]?
  ) -> [UInt8] {
    lines([method, target, String(timestamp), nonce], body ?? [])
  }

  /// Of an answer: timestamp and nonce as the headers have them, and the body exactly as received.
  package static func answer(timestamp: String, nonce: String, body: [UInt8]) -> [UInt8] {
    lines([timestamp, nonce], body)
  }

  private static func lines(_ lines: [String], _ body: [UInt8]) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(lines.reduce(body.count + 1) { $0 + $1.utf8.count + 1 })
    for line in lines {
      message.append(contentsOf: line.utf8)
      message.append(UInt8(ascii: "\n"))
    }
    message.append(contentsOf: body)
    message.append(UInt8(ascii: "\n"))
    return message
  }
}
