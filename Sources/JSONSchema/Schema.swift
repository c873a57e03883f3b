// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A compiled schema: JSON Schema 2020-12, references resolved, patterns compiled. Immutable, and
/// used by any number of threads at once.
package struct Schema: Sendable {
  /// Every subschema once; they refer to each other by their place in here.
  private let nodes: [SchemaNode]
  /// For `$dynamicRef`: for each name, which node it is in each resource that has it.
  private let dynamicAnchors: [String: [Int: Int]]

  init(nodes: [SchemaNode], dynamicAnchors: [String: [Int: Int]]) {
    self.nodes = nodes
    self.dynamicAnchors = dynamicAnchors
  }

  /// What is wrong with `value`, in the order of the text where that has one; empty when it is
  /// valid.
  ///
  /// - Parameter limit: at most so many are returned, and the search ends there.
  package func violations(in value: JSONValue, limit: Int = 50) -> [Violation] {
    var validation = Validation(
      nodes: nodes, dynamicAnchors: dynamicAnchors, limit: max(1, limit))
    var unmarked: Evaluated?
    _ = validation.apply(0, to: value, marking: &unmarked)
    return validation.violations
  }

  /// Whether `value` is valid. Ends at the first violation.
  package func accepts(_ value: JSONValue) -> Bool {
    violations(in: value, limit: 1).isEmpty
  }
}
