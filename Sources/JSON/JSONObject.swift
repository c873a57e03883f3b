// SPDX-License-Identifier: Apache-2.0

/// An object's members in the order of the text. Equal when the same names have equal values, in
/// any order.
package struct JSONObject: Sendable {
  /// One name and its value.
  package struct Member: Sendable, Hashable {
    /// Unescaped. Compared by UTF-8, never by canonical equivalence.
    package var name: String
    package var value: JSONValue

    package init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }

    package static func == (a: Member, b: Member) -> Bool {
      a.name.hasSameBytes(as: b.name) && a.value == b.value
    }

    package func hash(into hasher: inout Hasher) {
      name.hashBytes(into: &hasher)
      hasher.combine(value)
    }
  }

  /// Above this many members names are looked up by hash where many are looked up at once.
  static let smallCount = 16

  /// In the order of the text.
  package private(set) var members: [Member]

  /// Takes members whose names differ from each other; the reader has made sure of that.
  package init(_ members: [Member] = []) {
    self.members = members
  }

  /// The value of the member `name`, `nil` when there is none. Setting `nil` removes the member.
  package subscript(name: String) -> JSONValue? {
    get {
      guard let index = index(of: name) else { return nil }
      return members[index].value
    }
    set {
      guard let index = index(of: name) else {
        if let newValue { members.append(Member(name: name, value: newValue)) }
        return
      }
      if let newValue { members[index].value = newValue } else { members.remove(at: index) }
    }
  }

  /// Where the member `name` stands in `members`.
  package func index(of name: String) -> Int? {
    for index in members.indices where members[index].name.hasSameBytes(as: name) { return index }
    return nil
  }
}

extension JSONObject: Hashable {
  package static func == (a: JSONObject, b: JSONObject) -> Bool {
    guard a.members.count == b.members.count else { return false }
    if a.members.count <= smallCount {
      return a.members.allSatisfy { b[$0.name] == $0.value }
    }
    let others = Dictionary(
      b.members.map { (ByteKey($0.name), $0.value) }, uniquingKeysWith: { first, _ in first })
    return a.members.allSatisfy { others[ByteKey($0.name)] == $0.value }
  }

  package func hash(into hasher: inout Hasher) {
    // Exclusive or, because the order of members must not matter.
    hasher.combine(members.reduce(0) { $0 ^ $1.hashValue })
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// Names must differ from each other.
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(elements.map { Member(name: $0.0, value: $0.1) })
  }
}
