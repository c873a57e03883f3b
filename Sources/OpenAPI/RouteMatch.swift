// SPDX-License-Identifier: Apache-2.0

/// What a method and a raw path lead to.
package enum RouteMatch: Sendable {
  /// The operation, and its path parameters by name, percent-decoded. They are not validated yet,
  /// but none of them is `.`, `..`, contains NUL or is anything but UTF-8.
  case operation(Operation, [String: String])
  /// The path exists, the method does not: the methods that do, sorted, for `Allow`.
  case methodNotAllowed([String])
  /// No operation has this path.
  case notFound
  /// An operation has this path but for a segment that no request may carry: answered like a
  /// violation.
  case malformedPath(ParameterViolation)
}
