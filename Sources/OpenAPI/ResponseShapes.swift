// SPDX-License-Identifier: Apache-2.0

/// The shapes of an operation's answers, by status.
struct ResponseShapes: Sendable {
  /// `nil`: the document declares the status and no JSON for it.
  var statuses: [Int: Shape?] = [:]
  /// By first digit: `2XX`.
  var classes: [Int: Shape?] = [:]
  var fallback: Shape?

  func shape(forStatus status: Int) -> Shape? {
    if let shape = statuses[status] { return shape }
    if let shape = classes[status / 100] { return shape }
    return fallback
  }
}
