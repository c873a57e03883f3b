// SPDX-License-Identifier: Apache-2.0

/// Which members of one object, or items of one array, some schema has looked at: the annotations
/// that `unevaluatedProperties` and `unevaluatedItems` ask for. Members go by their place in the
/// object.
struct Evaluated {
  private var isAll = false
  private var marks: [Bool] = []

  mutating func markAll() { isAll = true }

  mutating func mark(_ index: Int) {
    if index >= marks.count {
      marks.append(contentsOf: repeatElement(false, count: index + 1 - marks.count))
    }
    marks[index] = true
  }

  mutating func formUnion(_ other: Evaluated) {
    isAll = isAll || other.isAll
    for index in other.marks.indices where other.marks[index] { mark(index) }
  }

  func contains(_ index: Int) -> Bool {
    isAll || (index < marks.count && marks[index])
  }
}
