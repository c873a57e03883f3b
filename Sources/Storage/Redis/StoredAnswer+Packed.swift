// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

/// A stored answer as one text of bytes: status (2), what is there (1), content type and request id
/// each behind their length (4), and the body. Numbers are big-endian.
extension StoredAnswer {
  private static let isRecovered: UInt8 = 1
  private static let hasType: UInt8 = 2
  private static let hasRequestID: UInt8 = 4

  var packed: [UInt8] {
    var flags: UInt8 = recovered ? Self.isRecovered : 0
    if contentType != nil { flags |= Self.hasType }
    if upstreamRequestID != nil { flags |= Self.hasRequestID }
    var bytes = [UInt8(truncatingIfNeeded: status >> 8), UInt8(truncatingIfNeeded: status), flags]
    bytes.reserveCapacity(body.count + 128)
    for text in [contentType, upstreamRequestID].compactMap(\.self) {
      let count = text.utf8.count
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
      bytes += text.utf8
    }
    return bytes + body
  }

  /// - Returns: nil for bytes that `packed` never makes.
  init?(packed: [UInt8]) {
    guard packed.count >= 3 else { return nil }
    var rest = packed[3...]
    let flags = packed[2]
    func text() -> String? {
      guard rest.count >= 4 else { return nil }
      let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      guard rest.count >= count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return String(validating: rest.prefix(count), as: UTF8.self)
    }
    let type = flags & Self.hasType != 0 ? text() : nil
    let requestID = flags & Self.hasRequestID != 0 ? text() : nil
    guard (type != nil) == (flags & Self.hasType != 0),
      (requestID != nil) == (flags & Self.hasRequestID != 0)
    else { return nil }
    self.init(
      status: Int(packed[0]) << 8 | Int(packed[1]), contentType: type, body: Array(rest),
      upstreamRequestID: requestID, recovered: flags & Self.isRecovered != 0)
  }
}
