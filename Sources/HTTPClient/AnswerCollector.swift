// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// Builds an answer from the header lines and body parts that libcurl hands over, within limits.
package struct AnswerCollector: Sendable {
  /// What an answer may hold at most.
  package struct Limits: Sendable {
    /// All header lines together, in bytes.
    package var headerBytes: Int
    package var bodyBytes: Int

    package init(headerBytes: Int, bodyBytes: Int) {
      self.headerBytes = headerBytes
      self.bodyBytes = bodyBytes
    }
  }

  /// Why a line or a part was not taken.
  package enum Refusal: String, Sendable, Error {
    case headersTooBig = "the answer's headers are larger than the limit"
    case bodyTooBig = "the answer's body is larger than the limit"
    case notHTTP = "the answer has a line that is not a status line or a header field"
  }

  private let limits: Limits
  private var status = 0
  private var headers = Headers()
  private var body: [UInt8] = []
  private var headerBytes = 0
  private var declaredLength = 0
  private var isHeadComplete = false
  private var hasLength = false

  package init(limits: Limits) {
    self.limits = limits
  }

  /// The collected answer; `nil` before a final status line and its headers are in.
  package var answer: InboundAnswer? {
    isHeadComplete ? InboundAnswer(status: status, headers: headers, body: body) : nil
  }

  /// Whether the protocol itself says where the body ends: HTTP/2, a length, chunks, or a status
  /// without a body. Otherwise the connection's end does.
  package var isEndCertain: Bool { hasLength || status == 204 || status == 304 }

  /// Takes one whole header line with its line end, as libcurl cuts them: the status line, a field,
  /// or the empty line at the end.
  ///
  /// Interim answers (1xx) and trailers are dropped: only the final answer's own headers count.
  package mutating func take(line: UnsafeRawBufferPointer) throws(Refusal) {
    headerBytes += line.count
    guard headerBytes <= limits.headerBytes else { throw .headersTooBig }
    guard !isHeadComplete else { return }
    let line = unsafe trimmingLineEnd(line)
    if unsafe line.isEmpty {
      guard status != 0 else { throw .notHTTP }
      if status >= 200 {
        // Not one byte of a body that cannot be taken whole.
        guard declaredLength <= limits.bodyBytes || status == 304 else { throw .bodyTooBig }
        isHeadComplete = true
        body.reserveCapacity(declaredLength)
      }
    } else if status < 200, line.count > 5, unsafe line.starts(with: Self.protocolName) {
      status = try unsafe Self.status(of: line)
      headers = Headers()
      hasLength = unsafe line[5] != UInt8(ascii: "1")
    } else if unsafe line[0] == 0x20 || line[0] == 0x09 {
      try unsafe continueField(line)
    } else {
      try unsafe takeField(line)
    }
  }

  /// Takes the next bytes of the body; this is the one copy made of them.
  package mutating func take(body part: UnsafeRawBufferPointer) throws(Refusal) {
    guard body.count + part.count <= limits.bodyBytes else { throw .bodyTooBig }
    unsafe body.append(contentsOf: part)
  }

  private mutating func takeField(_ line: UnsafeRawBufferPointer) throws(Refusal) {
    guard status != 0, let colon = unsafe line.firstIndex(of: 0x3A), colon > 0 else {
      throw .notHTTP
    }
    let name = unsafe text(line[..<colon])
    let value = unsafe text(trimmingSpace(line[(colon + 1)...]))
    if name.utf8.count == 14, equalIgnoringCase(name, "Content-Length") {
      declaredLength = max(0, Int(value) ?? 0)
      hasLength = true
    } else if name.utf8.count == 17, equalIgnoringCase(name, "Transfer-Encoding") {
      hasLength = true
    }
    headers.append(name, value)
  }

  /// A folded line: its text belongs to the field before, joined by a space (RFC 9112, 5.2).
  private mutating func continueField(_ line: UnsafeRawBufferPointer) throws(Refusal) {
    guard var field = headers.fields.last else { throw .notHTTP }
    field.value += unsafe " " + text(trimmingSpace(line[...]))
    headers = Headers(headers.fields.dropLast() + [field])
  }

  private static let protocolName = [UInt8]("HTTP/".utf8)

  private static func status(of line: UnsafeRawBufferPointer) throws(Refusal) -> Int {
    guard let space = unsafe line.firstIndex(of: 0x20), line.count >= space + 4 else {
      throw .notHTTP
    }
    var status = 0
    for index in (space + 1)..<(space + 4) {
      let byte = unsafe line[index]
      guard byte >= 0x30, byte <= 0x39 else { throw .notHTTP }
      status = status * 10 + Int(byte - 0x30)
    }
    guard status >= 100 else { throw .notHTTP }
    return status
  }
}

private func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
  unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes), as: UTF8.self)
}

private func trimmingLineEnd(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
  var end = line.count
  while end > 0, unsafe line[end - 1] == 0x0A || line[end - 1] == 0x0D { end -= 1 }
  return unsafe UnsafeRawBufferPointer(rebasing: line[..<end])
}

private func trimmingSpace(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
  var text = unsafe text
  while let first = unsafe text.first, first == 0x20 || first == 0x09 { unsafe text.removeFirst() }
  while let last = unsafe text.last, last == 0x20 || last == 0x09 { unsafe text.removeLast() }
  return unsafe text
}
