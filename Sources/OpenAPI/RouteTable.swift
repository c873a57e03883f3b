// SPDX-License-Identifier: Apache-2.0
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
    var search = Search(method: method, path: RawPath(path))
    visit(0, depth: 0, in: &search)
    if let operation = search.found {
      return .operation(operation, operation.parameters(in: search.path))
    }
    if let operation = search.foundMalformed {
      return .malformedPath(operation.violation(in: search.path))
    }
    if !search.allowed.isEmpty { return .methodNotAllowed(Set(search.allowed).sorted()) }
    return .notFound
  }

  private struct Search {
    let method: String
    let path: RawPath
    var found: Operation?
    var foundMalformed: Operation?
    var allowed: [String] = []
    /// Whether a parameter on the way to the current node has a value that no request may carry.
    var isMalformed = false
  }

  private func visit(_ index: Int, depth: Int, in search: inout Search) {
    guard depth < search.path.segments.count else {
      arrive(at: index, in: &search)
      return
    }
    for literal in nodes[index].literals where search.path.segment(depth, is: literal.text) {
      visit(literal.next, depth: depth + 1, in: &search)
      if search.found != nil { return }
    }
    guard let parameter = nodes[index].parameter else { return }
    let wasMalformed = search.isMalformed
    if search.path.isUnusable(depth) { search.isMalformed = true }
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

extension Operation {
  /// The values of the template's parameters, for a path that matches.
  fileprivate func parameters(in sent: RawPath) -> [String: String] {
    var values: [String: String] = [:]
    for (index, segment) in path.segments.enumerated() {
      if case .parameter(let name) = segment, let text = sent.value(index) { values[name] = text }
    }
    return values
  }

  fileprivate func violation(in sent: RawPath) -> ParameterViolation {
    for (index, segment) in path.segments.enumerated() {
      if case .parameter(let name) = segment, case .unusable(let message) = sent.segments[index] {
        let pointer = JSONPointer(tokens: [name]).description
        return ParameterViolation(
          location: .path, pointer: pointer, keyword: "encoding", message: message)
      }
    }
    return ParameterViolation(
      location: .path, pointer: "", keyword: "encoding", message: "cannot be read")
  }
}
