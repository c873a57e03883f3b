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
    if let fallback { return fallback }
    return status / 100 == 2 && status != 204 ? onlySuccess : nil
  }

  /// What a success looks like where the document has one: another 2xx than it says has the same.
  private var onlySuccess: Shape? {
    let successes = statuses.filter { $0.key / 100 == 2 }
    return successes.count == 1 ? successes.first?.value : nil
  }
}
