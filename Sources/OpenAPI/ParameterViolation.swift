// SPDX-License-Identifier: Apache-2.0

/// One rule of an operation that a request breaks.
package struct ParameterViolation: Sendable, Equatable {
  /// The part of a request that breaks the rule.
  package enum Location: String, Sendable, CaseIterable {
    case path
    case query
    case header
    case body
  }

  /// What `pointer` points into.
  package var location: Location
  /// JSON Pointer: into the body, or `/NAME` (with an item's index after it) for a parameter.
  package var pointer: String
  /// The schema's keyword that is broken (`maxLength`), or one of `required`, `unknown`,
  /// `repeated`, `encoding`.
  package var keyword: String
  /// In plain words, without a subject: "is 33 characters long; at most 32 are allowed".
  package var message: String

  /// `message` with its subject: "/stock_id is empty", "the body is not an object".
  package var sentence: String {
    "\(pointer.isEmpty ? "the \(location.rawValue)" : pointer) \(message)"
  }

  /// A violation at a place of a request.
  package init(location: Location, pointer: String, keyword: String, message: String) {
    self.location = location
    self.pointer = pointer
    self.keyword = keyword
    self.message = message
  }
}
