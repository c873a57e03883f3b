// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import HTTP

/// The header lines of one request in the form libcurl reads, in two blocks of memory that are used
/// again for the next request, instead of two allocations for each line.
@safe struct HeaderLines: ~Copyable {
  // Audited: both blocks belong to this value alone, are grown only in `reserve`, and are freed
  // once.
  private var nodes: UnsafeMutablePointer<curl_slist>
  private var nodeCapacity: Int
  private var text: UnsafeMutablePointer<CChar>
  private var textCapacity: Int

  init() {
    nodeCapacity = 16
    textCapacity = 1024
    unsafe nodes = .allocate(capacity: nodeCapacity)
    unsafe text = .allocate(capacity: textCapacity)
  }

  deinit {
    unsafe nodes.deallocate()
    unsafe text.deallocate()
  }

  /// Headers that libcurl adds on its own unless a line without a value takes them away
  /// (https://curl.se/libcurl/c/CURLOPT_HTTPHEADER.html).
  private static let uncalledFor = ["Accept", "Content-Type", "Expect"]

  /// Writes the lines of `headers` and returns the list's head, valid until the next call.
  ///
  /// - Throws: `.malformed`, not sent, when a name or value has a byte that would end the line.
  mutating func fill(
    _ headers: Headers
  ) throws(TransportFailure) -> UnsafeMutablePointer<curl_slist> {
    reserve(
      lines: headers.fields.count + Self.uncalledFor.count,
      bytes: headers.fields.reduce(64) { $0 + $1.name.utf8.count + $1.value.utf8.count + 3 })
    var lines = 0
    var end = 0
    for field in headers.fields {
      startLine(&lines, at: end)
      let isNameSafe = append(field.name, at: &end, where: isNameByte)
      // A name followed by a semicolon is libcurl's spelling of a field with an empty value.
      append(field.value.isEmpty ? ";" : ": ", at: &end)
      let isValueSafe = append(field.value, at: &end, where: isValueByte)
      append("\0", at: &end)
      guard !field.name.isEmpty, isNameSafe, isValueSafe else {
        throw TransportFailure(
          .malformed, mayHaveBeenSent: false, detail: "a request header has a line break or a NUL")
      }
    }
    for name in Self.uncalledFor where headers[name] == nil {
      startLine(&lines, at: end)
      append(name, at: &end)
      append(":\0", at: &end)
    }
    unsafe nodes[lines - 1].next = nil
    return unsafe nodes
  }

  private mutating func startLine(_ lines: inout Int, at offset: Int) {
    unsafe (nodes + lines).initialize(to: curl_slist(data: text + offset, next: nodes + lines + 1))
    lines += 1
  }

  /// Copies a text; the answer is whether every byte of it passed.
  @discardableResult
  private mutating func append(
    _ part: String, at offset: inout Int, where isAllowed: (UInt8) -> Bool = { _ in true }
  ) -> Bool {
    var part = part
    return part.withUTF8 { bytes in
      if let start = bytes.baseAddress {
        unsafe UnsafeMutableRawPointer(text + offset).copyMemory(
          from: start, byteCount: bytes.count)
      }
      offset += bytes.count
      return unsafe bytes.allSatisfy(isAllowed)
    }
  }

  private mutating func reserve(lines: Int, bytes: Int) {
    if lines + 1 > nodeCapacity {
      unsafe nodes.deallocate()
      nodeCapacity = lines * 2
      unsafe nodes = .allocate(capacity: nodeCapacity)
    }
    if bytes > textCapacity {
      unsafe text.deallocate()
      textCapacity = bytes * 2
      unsafe text = .allocate(capacity: textCapacity)
    }
  }
}

private func isNameByte(_ byte: UInt8) -> Bool {
  byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: ":") && byte != UInt8(ascii: ";")
}

private func isValueByte(_ byte: UInt8) -> Bool {
  byte != 0x0D && byte != 0x0A && byte != 0
}
