// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPServer
internal import JSON
internal import OpenAPI
internal import TestSupport

extension FuzzTarget {
  /// The first line and the headers of a request, as libmicrohttpd hands them over.
  static let requestHead = FuzzTarget("request-head") { bytes in
    let head = MessageText(bytes)
    let parts = head.start.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    if let target = try? RequestTarget(parsing: Array((parts.last ?? "").utf8)) {
      try check(target, of: String(parts.last ?? ""))
    }
    for isHTTP10 in [false, true] {
      guard let framing = try? RequestFraming(head.headers, isHTTP10: isHTTP10) else { continue }
      let lengths = head.headers.values(of: "Content-Length")
      let encodings = head.headers.values(of: "Transfer-Encoding")
      try law(lengths.count + encodings.count <= 1, "a request says once where it ends")
      try law(head.headers.values(of: "Host").count <= 1, "a request has one host")
      switch framing {
      case .noBody: try law(lengths.isEmpty && encodings.isEmpty, "no length, no body")
      case .length(let count):
        let digits = lengths.first?.drop { $0 == "0" } ?? ""
        try law(
          count == .max || String(count) == (digits.isEmpty ? "0" : digits), "the length is read")
      case .chunked:
        try law(!isHTTP10, "HTTP/1.0 has no chunks")
        try law(encodings.first?.lowercased() == "chunked", "chunked is the only encoding")
      }
    }
  }

  private static func check(_ target: RequestTarget, of text: String) throws {
    let whole = target.path + (target.query.map { "?\($0)" } ?? "")
    try law(text.hasSuffix(whole) || text.hasSuffix(whole.dropFirst()), "nothing is made up")
    if text.hasPrefix("/") { try law(whole == text, "the origin form is kept as it is") }
    try law(target.path.hasPrefix("/") || target.path == "*", "a path begins with a slash")
    try law(!target.path.contains("?"), "the query is no part of the path")
    try law(
      whole.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") },
      "a target is visible ASCII")
  }

  /// From the first line to what would go to WeChat Pay.
  static let route = FuzzTarget("route", seeds: []) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let received = try? RequestTarget(parsing: Array(parts[1].utf8))
    else { return }
    let catalog = try ExampleAPI.catalog()
    guard
      case .operation(let operation, let values) = catalog.match(
        method: String(parts[0]), path: received.path)
    else { return }
    let violations = operation.validate(
      pathParameters: values, rawQuery: received.query, body: nil
    ).filter { $0.location != .body }
    guard violations.isEmpty else { return }
    let sent = operation.target(pathParameters: values, rawQuery: received.query)
    let target = try RequestTarget(parsing: Array(sent.utf8))
    guard
      case .operation(let again, let valuesAgain) = catalog.match(
        method: operation.method, path: target.path)
    else { throw BrokenLaw(description: "what is sent is an operation's path") }
    try law(again === operation, "what is sent is the operation that was validated")
    try law(valuesAgain == values, "what is sent has the parameters that were validated")
    try law(
      operation.validate(pathParameters: valuesAgain, rawQuery: target.query, body: nil)
        .allSatisfy { $0.location == .body }, "what is sent is valid")
    try law(
      operation.requestNumber(rawQuery: target.query, body: nil)
        == operation.requestNumber(rawQuery: received.query, body: nil),
      "what is sent has the same request number")
    try law(
      target.path.split(separator: "/").allSatisfy { $0 != "." && $0 != ".." },
      "what is sent climbs nowhere")
  }
}

/// The lines of a message up to an empty one, and what follows: the form of the seeds.
struct MessageText {
  let start: String
  let headers: Headers
  let body: [UInt8]

  init(_ bytes: [UInt8]) {
    var lines: [String] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      var line = rest[..<end]
      rest = rest[(end + 1)...]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      if line.isEmpty { break }
      lines.append(String(decoding: line, as: UTF8.self))
    }
    start = lines.first ?? ""
    var headers = Headers()
    for line in lines.dropFirst() {
      let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
      let value = line[colon...].drop { $0 == ":" || $0 == " " }
      headers.append(String(line[..<colon]), String(value))
    }
    self.headers = headers
    body = Array(rest)
  }
}
