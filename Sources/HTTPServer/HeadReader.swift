// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import HTTP

/// Collects the header fields of one request and checks that libmicrohttpd left nothing out.
///
/// libmicrohttpd 0.9.75 glues a folded line (obs-fold, RFC 9112, 5.2) to the field's *name*, stops
/// a value at a zero byte and takes a bare line feed for a line end. All three would let a request
/// mean one thing here and another to a proxy. The library parses in place, so a head without them
/// lies in memory line after line, two bytes apart; whatever does not is refused. One thing cannot be
/// told from a line end: a zero byte right before or behind a bare line feed, since the library puts
/// zeros in the place of both. No proxy should pass it on (RFC 9110, 5.5).
@safe struct HeadReader {
  /// More fields than any client of ours sends; each takes a record of the library's buffer.
  private static let maximumFields = 44

  private(set) var fields: [Headers.Field] = []
  private(set) var fault: MalformedRequest?
  /// Where the next line must begin.
  private var next: UnsafeRawPointer

  /// - Parameter version: the text of the HTTP version in the library's buffer, the end of the
  ///   first line.
  init(after version: UnsafePointer<CChar>) {
    unsafe next = UnsafeRawPointer(version) + strlen(version) + 2
    fields.reserveCapacity(12)
  }

  mutating func take(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    guard fault == nil, let nameStart = name.baseAddress, let valueStart = value.baseAddress else {
      return
    }
    guard fields.count < HeadReader.maximumFields else {
      fault = MalformedRequest(reason: "has more than \(HeadReader.maximumFields) header fields")
      return
    }
    guard unsafe nameStart == next, unsafe valueStart > nameStart + name.count else {
      fault = MalformedRequest(reason: "has a folded header line, a bare line feed or a zero byte")
      return
    }
    unsafe next = valueStart + value.count + 2
    guard unsafe !name.isEmpty, unsafe name.allSatisfy(HeadReader.isTokenByte) else {
      fault = MalformedRequest(reason: "has a header name with a character that is not allowed")
      return
    }
    guard unsafe value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
      fault = MalformedRequest(reason: "has a header value with a control character")
      return
    }
    let text = unsafe HeadReader.withoutTrailingSpace(value)
    let field = unsafe Headers.Field(
      name: String(decoding: name, as: UTF8.self), value: String(decoding: text, as: UTF8.self))
    // The library compares the raw value, so "chunked " would be chunked here and not there.
    if unsafe text.count != value.count, equalIgnoringCase(field.name, "Transfer-Encoding") {
      fault = MalformedRequest(reason: "has a Transfer-Encoding other than chunked")
    }
    fields.append(field)
  }

  /// Whether the head ends where the last field and the empty line end.
  func ends(at end: UnsafeRawPointer) -> Bool { unsafe next + 2 == end }

  private static func withoutTrailingSpace(_ value: UnsafeRawBufferPointer) -> Slice<
    UnsafeRawBufferPointer
  > {
    var end = value.count
    while end > 0, unsafe value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
    return unsafe value[..<end]
  }

  /// `tchar` of RFC 9110, 5.6.2.
  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E: true
    default: false
    }
  }
}

extension HeadReader {
  /// Reads the head of `connection`'s request.
  ///
  /// - Parameters:
  ///   - method: the method's text in the library's buffer, the first byte of the head.
  ///   - version: the version's text in the library's buffer.
  static func read(
    _ connection: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
  ) throws(MalformedRequest) -> Headers {
    var reader = unsafe HeadReader(after: version)
    _ = unsafe withUnsafeMutablePointer(to: &reader) { reader in
      unsafe cmhd_each_header(
        connection,
        { reader, _, name, nameSize, value, valueSize in
          unsafe reader?.assumingMemoryBound(to: HeadReader.self).pointee.take(
            name: UnsafeRawBufferPointer(start: name, count: nameSize),
            value: UnsafeRawBufferPointer(start: value, count: valueSize))
          return .YES
        }, reader)
    }
    if let fault = reader.fault { throw fault }
    let end = unsafe UnsafeRawPointer(method) + cmhd_header_size(connection)
    guard unsafe reader.ends(at: end) else {
      throw MalformedRequest(reason: "has a folded header line, a bare line feed or a zero byte")
    }
    return Headers(reader.fields)
  }
}
