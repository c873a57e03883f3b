// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON

/// Finds operations by raw path: a tree of segments, literal ones before parameters. No path is
/// ever put back together or normalized, so `%2e%2e%2f` is a value of one parameter or nothing.
struct RouteTable: Sendable {
  private struct Node {
    /// A handful at most, compared byte by byte: that is faster than hashing them.
    var literals: [(text: String, next: Int)] = []
    var parameter: Int?
    var operations: [Operation] = []
  }

  private var nodes = [Node()]

  mutating func add(_ operation: Operation) {
    var node = 0
    for segment in operation.path.segments {
      node = next(after: node, for: segment)
    }
    nodes[node].operations.append(operation)
  }

  private mutating func next(after node: Int, for segment: PathTemplate.Segment) -> Int {
    let new = nodes.count
    switch segment {
    case .literal(let text, _):
      if let known = nodes[node].literals.first(where: { $0.text.hasSameBytes(as: text) }) {
        return known.next
      }
      nodes[node].literals.append((text, new))
    case .parameter:
      if let known = nodes[node].parameter { return known }
      nodes[node].parameter = new
    }
    nodes.append(Node())
    return new
  }

  func match(method: String, path: String) -> RouteMatch {
    guard path.utf8.first == UInt8(ascii: "/") else { return .notFound }
    var search = Search(method: method, segments: PathSegment.split(path))
    visit(0, depth: 0, in: &search)
    if let operation = search.found {
      return .operation(operation, operation.parameters(in: search.segments))
    }
    if let operation = search.foundMalformed {
      return .malformedPath(operation.violation(in: search.segments))
    }
    if !search.allowed.isEmpty { return .methodNotAllowed(Set(search.allowed).sorted()) }
    return .notFound
  }

  private struct Search {
    let method: String
    let segments: [PathSegment]
    var found: Operation?
    var foundMalformed: Operation?
    var allowed: [String] = []
    /// Whether a parameter on the way to the current node has a value that no request may carry.
    var isMalformed = false
  }

  private func visit(_ index: Int, depth: Int, in search: inout Search) {
    guard depth < search.segments.count else {
      arrive(at: index, in: &search)
      return
    }
    let segment = search.segments[depth]
    if case .usable(let text) = segment {
      for literal in nodes[index].literals where literal.text.hasSameBytes(as: text) {
        visit(literal.next, depth: depth + 1, in: &search)
        if search.found != nil { return }
      }
    }
    guard let parameter = nodes[index].parameter else { return }
    let wasMalformed = search.isMalformed
    if case .unusable = segment { search.isMalformed = true }
    visit(parameter, depth: depth + 1, in: &search)
    search.isMalformed = wasMalformed
  }

  private func arrive(at index: Int, in search: inout Search) {
    for operation in nodes[index].operations {
      if !operation.method.hasSameBytes(as: search.method) {
        search.allowed.append(operation.method)
      } else if search.isMalformed {
        search.foundMalformed = search.foundMalformed ?? operation
      } else {
        search.found = search.found ?? operation
      }
    }
  }
}

/// A segment of a raw path, decoded where it may be a parameter's value.
enum PathSegment {
  case usable(String)
  /// Why it may not, as a violation's message.
  case unusable(String)

  /// The segments behind each slash.
  static func split(_ path: String) -> [PathSegment] {
    var segments: [PathSegment] = []
    segments.reserveCapacity(12)
    let bytes = path.utf8.span
    var start = path.utf8.index(after: path.startIndex)
    var isEncoded = false
    for offset in 1...bytes.count {
      guard offset == bytes.count || bytes[offset] == UInt8(ascii: "/") else {
        isEncoded = isEncoded || bytes[offset] == UInt8(ascii: "%") || bytes[offset] == 0
        continue
      }
      let end = path.utf8.index(path.startIndex, offsetBy: offset)
      segments.append(PathSegment(String(path[start..<end]), isEncoded: isEncoded))
      if end < path.endIndex { start = path.utf8.index(after: end) }
      isEncoded = false
    }
    return segments
  }

  private init(_ sent: String, isEncoded: Bool) {
    guard let text = isEncoded ? PercentEncoding.decode(sent) : sent else {
      self = .unusable("is not percent-encoded UTF-8")
      return
    }
    if text.isEmpty {
      self = .unusable("is empty; at least one character is needed")
    } else if text.utf8.count <= 2, text == "." || text == ".." {
      // RFC 3986, 5.2.4: anyone on the way may remove such a segment, encoded or not, and the one
      // before it.
      self = .unusable("is a dot segment, which would change the path")
    } else if isEncoded, text.utf8.contains(0) {
      self = .unusable("contains NUL (%00)")
    } else {
      self = .usable(text)
    }
  }
}

extension Operation {
  /// The values of the template's parameters. The segments are those of a path that matches.
  fileprivate func parameters(in segments: [PathSegment]) -> [String: String] {
    var values: [String: String] = [:]
    for (segment, value) in zip(path.segments, segments) {
      if case .parameter(let name) = segment, case .usable(let text) = value { values[name] = text }
    }
    return values
  }

  fileprivate func violation(in segments: [PathSegment]) -> ParameterViolation {
    for (segment, value) in zip(path.segments, segments) {
      if case .parameter(let name) = segment, case .unusable(let message) = value {
        let pointer = JSONPointer(tokens: [name]).description
        return ParameterViolation(
          location: .path, pointer: pointer, keyword: "encoding", message: message)
      }
    }
    return ParameterViolation(
      location: .path, pointer: "", keyword: "encoding", message: "cannot be read")
  }
}
