// SPDX-License-Identifier: Apache-2.0

/// Header fields in the order they were received or will be sent; names compare without case (RFC
/// 9110, 5.1).
package struct Headers: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package private(set) var fields: [Field]

  package init(_ fields: [Field] = []) {
    self.fields = fields
  }

  /// None yet, with room for so many.
  package init(capacity: Int) {
    fields = []
    fields.reserveCapacity(capacity)
  }

  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// The first value of `name`; setting replaces every value of it, setting `nil` removes them.
  package subscript(name: String) -> String? {
    get { firstIndex(of: name).map { fields[$0].value } }
    set {
      fields.removeAll { equalIgnoringCase($0.name, name) }
      if let newValue { fields.append(Field(name: name, value: newValue)) }
    }
  }

  /// Every value of `name`, in order.
  package func values(of name: String) -> HeaderValues {
    guard let first = firstIndex(of: name) else { return HeaderValues(nil) }
    var others: [String] = []
    var next = first + 1
    while let other = firstIndex(of: name, from: next) {
      others.append(fields[other].value)
      next = other + 1
    }
    return HeaderValues(fields[first].value, others: others)
  }

  /// By index: an iterator, or a closure, takes hold of each field's two texts.
  private func firstIndex(of name: String, from start: Int = 0) -> Int? {
    let count = name.utf8.count
    // The lengths here too, without a call: most names differ in them (4,000 instructions of an
    // upload).
    for index in start..<fields.count
    where fields[index].name.utf8.count == count && equalIgnoringCase(fields[index].name, name) {
      return index
    }
    return nil
  }

  /// Adds a field after those that are there, also when the name is there already.
  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }
}

/// Whether two ASCII texts are the same but for case.
package func equalIgnoringCase(_ a: String, _ b: String) -> Bool {
  // Most names differ in length, which costs nothing to know.
  guard a.utf8.count == b.utf8.count else { return false }
  // And most that are the same are written the same.
  if a == b { return true }
  let left = a.utf8.span
  let right = b.utf8.span
  // From the end: names of one length often begin alike (Wechatpay-Signature, Wechatpay-Timestamp).
  for index in left.indices.reversed() where lowercased(left[index]) != lowercased(right[index]) {
    return false
  }
  return true
}

private func lowercased(_ byte: UInt8) -> UInt8 {
  byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}
