// SPDX-License-Identifier: Apache-2.0
internal import HTTP

/// The trace that a request belongs to, continued into the log (W3C Trace Context, level 1).
struct TraceContext: Sendable {
  let traceID: String
  /// The caller's.
  let parentSpanID: String
  /// This gateway's part of the trace.
  let spanID: String
  /// `tracestate`, several of them joined; `nil` when there is none or it cannot be one.
  let state: String?

  /// `nil` without a valid `traceparent`; `tracestate` means nothing then (3.3).
  init?(_ headers: Headers) {
    let parents = headers.values(of: "traceparent")
    guard parents.count == 1, let parent = parents.first else { return nil }
    let fields = parent.split(separator: "-", omittingEmptySubsequences: false)
    guard fields.count >= 4,
      zip(fields, [2, 32, 16, 2]).allSatisfy({
        $0.utf8.count == $1 && $0.utf8.allSatisfy(isLowercaseHexadecimal)
      }),
      // What later versions add stands behind; version ff is invalid, and so are ids of zeros only.
      fields[0] != "ff", fields[0] != "00" || fields.count == 4,
      !fields[1].utf8.allSatisfy({ $0 == 0x30 }), !fields[2].utf8.allSatisfy({ $0 == 0x30 })
    else { return nil }
    traceID = String(fields[1])
    parentSpanID = String(fields[2])
    let random = String(UInt64.random(in: 1 ... .max), radix: 16)
    spanID = String(repeating: "0", count: 16 - random.utf8.count) + random
    let state = headers.values(of: "tracestate").joined(separator: ",")
    // 3.3.1.5: at least 512 characters are passed on; longer ones may be dropped.
    let isState = !state.isEmpty && state.utf8.count <= 512 && state.utf8.allSatisfy(isVisible)
    self.state = isState ? state : nil
  }
}

private func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
}

/// Printable ASCII, and the tab that lists may have.
private func isVisible(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) || byte == 0x09 }
