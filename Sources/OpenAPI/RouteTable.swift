// SPDX-License-Identifier: Apache-2.0
import HTTP

/// Finds operations by raw path: a tree of segments, literal ones before parameters. No path is ever put back
/// together or normalized, so `%2e%2e%2f` is a value of one parameter or nothing.
struct RouteTable: Sendable {
  private struct Node {
    var literals: [String: Int] = [:]
    var parameter: Int?
    var operations: [Operation] = []
  }

  private var nodes = [Node()]

  mutating func add(_ operation: Operation) {
    var node = 0
    for segment in operation.path.segments {
      switch segment {
      case .literal(let text, _):
        node = nodes[node].literals[text] ?? addNode { $0[node].literals[text] = $1 }
      case .parameter:
        node = nodes[node].parameter ?? addNode { $0[node].parameter = $1 }
      }
    }
    nodes[node].operations.append(operation)
  }

  private mutating func addNode(_ connect: (inout [Node], Int) -> Void) -> Int {
    nodes.append(Node())
    connect(&nodes, nodes.count - 1)
    return nodes.count - 1
  }

  func match(method: String, path: String) -> RouteMatch {
    guard path.utf8.first == UInt8(ascii: "/") else { return .notFound }
    let segments = path.utf8.dropFirst()
      .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { PathSegment(Substring($0)) }
    var search = Search(method: method, segments: segments)
    visit(0, depth: 0, in: &search)
    if let operation = search.found {
      return .operation(operation, operation.parameters(in: segments))
    }
    if let operation = search.foundMalformed {
      return .malformedPath(operation.violation(in: segments))
    }
    if !search.allowed.isEmpty { return .methodNotAllowed(search.allowed.sorted()) }
    return .notFound
  }

  private struct Search {
    let method: String
    let segments: [PathSegment]
    var found: Operation?
    var foundMalformed: Operation?
    var allowed: Set<String> = []
    /// Whether a parameter on the way to the current node has a value that no request may carry.
    var isMalformed = false
  }

  private func visit(_ index: Int, depth: Int, in search: inout Search) {
    let node = nodes[index]
    guard depth < search.segments.count else {
      for operation in node.operations {
        guard operation.method == search.method else {
          search.allowed.insert(operation.method)
          continue
        }
        if search.isMalformed {
          search.foundMalformed = search.foundMalformed ?? operation
        } else {
          search.found = search.found ?? operation
        }
      }
      return
    }
    let segment = search.segments[depth]
    if case .usable(let text) = segment, let literal = node.literals[text] {
      visit(literal, depth: depth + 1, in: &search)
      if search.found != nil { return }
    }
    guard let parameter = node.parameter else { return }
    let wasMalformed = search.isMalformed
    if case .unusable = segment { search.isMalformed = true }
    visit(parameter, depth: depth + 1, in: &search)
    search.isMalformed = wasMalformed
  }
}

/// A segment of a raw path, decoded where it may be a parameter's value.
enum PathSegment {
  case usable(String)
  /// Why it may not, as a violation's message.
  case unusable(String)

  init(_ raw: Substring) {
    guard
      let text = raw.utf8.contains(UInt8(ascii: "%")) ? PercentEncoding.decode(raw) : String(raw)
    else {
      self = .unusable("is not percent-encoded UTF-8")
      return
    }
    if text.isEmpty {
      self = .unusable("is empty; at least one character is needed")
    } else if text == "." || text == ".." {
      // RFC 3986, 5.2.4: anyone on the way may remove such a segment, encoded or not, and the one before it.
      self = .unusable("is a dot segment, which would change the path")
    } else if text.utf8.contains(0) {
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
        return ParameterViolation(
          location: .path, pointer: "/\(name)", keyword: "encoding", message: message)
      }
    }
    return ParameterViolation(
      location: .path, pointer: "", keyword: "encoding", message: "cannot be read")
  }
}
