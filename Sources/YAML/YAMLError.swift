// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a text that should be YAML.
package struct YAMLError: Error, Sendable, Equatable {
  /// Which rule was broken, where a caller may want to tell them apart.
  package enum Kind: Sendable, Equatable {
    case syntax
    /// One mapping has these names more than once.
    case duplicateNames([String])
  }

  package var kind: Kind
  /// libyaml's words, or this module's; constant text, nothing of the document.
  package var problem: String
  /// From 1; `nil` where libyaml tells none.
  package var line: Int?

  init(_ problem: String, line: Int?, kind: Kind = .syntax) {
    self.kind = kind
    self.problem = problem
    self.line = line
  }
}
