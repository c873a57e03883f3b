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
    lines([
      Array(method.utf8), Array(target.utf8), Array(String(timestamp).utf8), Array(nonce.utf8),
      body ?? [],
    ])
  }

  /// Of an answer: timestamp and nonce as the headers have them, and the body exactly as received.
  package static func answer(timestamp: String, nonce: String, body: [UInt8]) -> [UInt8] {
    lines([Array(timestamp.utf8), Array(nonce.utf8), body])
  }

  private static func lines(_ lines: [[UInt8]]) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(lines.reduce(0) { $0 + $1.count + 1 })
    for line in lines {
      message.append(contentsOf: line)
      message.append(UInt8(ascii: "\n"))
    }
    return message
  }
}
