// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import HTTP

/// The header lines of one request in the form libcurl reads, in two blocks of memory that are used again for
/// the next request, instead of two allocations for each line.
@safe struct HeaderLines: ~Copyable {
  // Audited: both blocks belong to this value alone, are grown only in `reserve`, and are freed once.
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
    let suppressed = Self.uncalledFor.filter { headers[$0] == nil }
    reserve(
      lines: headers.fields.count + suppressed.count,
      bytes: headers.fields.reduce(64) { $0 + $1.name.utf8.count + $1.value.utf8.count + 3 })
    var lines = 0
    var end = 0
    for field in headers.fields {
      guard isFieldSafe(field) else {
        throw TransportFailure(
          .malformed, mayHaveBeenSent: false, detail: "a request header has a line break or a NUL")
      }
      startLine(lines, at: end)
      append(field.name, at: &end)
      // A name followed by a semicolon is libcurl's spelling of a field with an empty value.
      append(field.value.isEmpty ? ";" : ": ", at: &end)
      append(field.value, at: &end)
      append("\0", at: &end)
      lines += 1
    }
    for name in suppressed {
      startLine(lines, at: end)
      append(name, at: &end)
      append(":\0", at: &end)
      lines += 1
    }
    unsafe nodes[lines - 1].next = nil
    return unsafe nodes
  }

  private mutating func startLine(_ index: Int, at offset: Int) {
    unsafe (nodes + index).initialize(to: curl_slist(data: text + offset, next: nodes + index + 1))
  }

  private mutating func append(_ part: String, at offset: inout Int) {
    for byte in part.utf8 {
      unsafe text[offset] = CChar(bitPattern: byte)
      offset += 1
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

private func isFieldSafe(_ field: Headers.Field) -> Bool {
  !field.name.isEmpty
    && field.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A && $0 != 0x3B }
    && field.value.utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A && $0 != 0 }
}
