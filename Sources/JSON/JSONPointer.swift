// SPDX-License-Identifier: Apache-2.0

/// A place in a JSON text, by RFC 6901: `/coupon_code_list/3`. The empty pointer is the whole text.
package struct JSONPointer: Sendable {
  /// Unescaped names and indexes, outermost first.
  package let tokens: [String]

  /// The whole text.
  package static let root = JSONPointer(tokens: [])

  /// The place reached by `tokens`, unescaped, outermost first.
  package init(tokens: [String]) {
    self.tokens = tokens
  }

  /// Reads the string form.
  ///
  /// - Throws: `JSONPointerError` when it is neither empty nor begins with a slash, or when a tilde
  ///   is not followed by 0 or 1.
  package init(parsing text: String) throws(JSONPointerError) {
    guard !text.isEmpty else {
      self = .root
      return
    }
    guard text.utf8.first == UInt8(ascii: "/") else { throw .noSlash }
    var tokens: [String] = []
    for part in text.unicodeScalars.dropFirst().split(
      separator: "/", omittingEmptySubsequences: false)
    {
      tokens.append(try Self.unescape(part))
    }
    self.tokens = tokens
  }

  private static func unescape(
    _ part: Substring.UnicodeScalarView
  ) throws(JSONPointerError) -> String {
    guard part.contains("~") else { return String(part) }
    var token = String.UnicodeScalarView()
    var scalars = part.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "~" else {
        token.append(scalar)
        continue
      }
      switch scalars.next() {
      case "0": token.append("~")
      case "1": token.append("/")
      default: throw .badEscape
      }
    }
    return String(token)
  }

  /// The member `name` of what this points to.
  package func appending(_ name: String) -> JSONPointer {
    JSONPointer(tokens: tokens + [name])
  }

  /// The item at `index`, from 0, of what this points to.
  package func appending(_ index: Int) -> JSONPointer {
    JSONPointer(tokens: tokens + [String(index)])
  }

  /// What this points to in `value`; `nil` when there is nothing. Indexes are written without
  /// leading zeros; `-`, the item behind the last, never exists.
  package func evaluate(on value: JSONValue) -> JSONValue? {
    var current = value
    for token in tokens {
      switch current {
      case .object(let object):
        guard let next = object[token] else { return nil }
        current = next
      case .array(let items):
        guard let index = Int(token), String(index).hasSameBytes(as: token),
          items.indices.contains(index)
        else { return nil }
        current = items[index]
      default: return nil
      }
    }
    return current
  }
}

/// Why a string is not a JSON Pointer.
package enum JSONPointerError: Error, CustomStringConvertible {
  case noSlash
  case badEscape

  package var description: String {
    switch self {
    case .noSlash: "a JSON Pointer is empty or begins with a slash"
    case .badEscape: "in a JSON Pointer a tilde is written ~0 and a slash in a name ~1"
    }
  }
}

extension JSONPointer: Hashable, CustomStringConvertible {
  package static func == (a: JSONPointer, b: JSONPointer) -> Bool {
    a.tokens.elementsEqual(b.tokens) { $0.hasSameBytes(as: $1) }
  }

  package func hash(into hasher: inout Hasher) {
    for token in tokens { token.hashBytes(into: &hasher) }
  }

  /// The string form, escaped.
  package var description: String {
    var text = String.UnicodeScalarView()
    for token in tokens {
      text.append("/")
      for scalar in token.unicodeScalars {
        switch scalar {
        case "~": text.append(contentsOf: "~0".unicodeScalars)
        case "/": text.append(contentsOf: "~1".unicodeScalars)
        default: text.append(scalar)
        }
      }
    }
    return String(text)
  }
}
