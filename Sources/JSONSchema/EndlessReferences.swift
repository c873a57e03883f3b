// SPDX-License-Identifier: Apache-2.0

/// Finds schemas that lead back to themselves for one and the same value.
struct EndlessReferences {
  /// One node of each such circle.
  private(set) var starts: [Int] = []
  private var state: [State]

  private enum State {
    case new, open, done
  }

  init(nodes: [SchemaNode]) {
    state = Array(repeating: .new, count: nodes.count)
    for start in nodes.indices where state[start] == .new { walk(from: start, nodes) }
  }

  /// Depth first, with a stack of its own: chains may be as long as a document.
  private mutating func walk(from start: Int, _ nodes: [SchemaNode]) {
    var stack = [(node: start, next: 0)]
    state[start] = .open
    while let (node, next) = stack.last {
      let targets = nodes[node].inPlace
      guard next < targets.count else {
        state[node] = .done
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].next += 1
      switch state[targets[next]] {
      case .new:
        state[targets[next]] = .open
        stack.append((targets[next], 0))
      case .open: starts.append(targets[next])
      case .done: break
      }
    }
  }
}

extension SchemaNode {
  /// The schemas that are applied to the same value.
  fileprivate var inPlace: [Int] {
    var targets = references?.targets ?? []
    if let dynamic = references?.dynamic { targets.append(dynamic.fallback) }
    if let combination {
      targets += combination.allOf + combination.anyOf + combination.oneOf
      targets += [
        combination.not, combination.condition, combination.then, combination.otherwise,
      ].compactMap(\.self)
    }
    if let objects { targets += objects.dependentSchemas.map(\.schema) }
    return targets
  }
}
