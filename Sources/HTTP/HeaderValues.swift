// SPDX-License-Identifier: Apache-2.0

/// The values of one field name, in order. Nearly always none or one, which need no array.
package struct HeaderValues: RandomAccessCollection, Sendable, Equatable, ExpressibleByArrayLiteral
{
  package let first: String?
  private let others: [String]

  init(_ first: String?, others: [String] = []) {
    self.first = first
    self.others = others
  }

  package init(arrayLiteral values: String...) {
    self.init(values.first, others: Array(values.dropFirst()))
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { first == nil ? 0 : others.count + 1 }

  package subscript(position: Int) -> String {
    guard position == 0, let first else { return others[position - 1] }
    return first
  }
}
