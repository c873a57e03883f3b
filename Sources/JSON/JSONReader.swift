// SPDX-License-Identifier: Apache-2.0

/// Reads one JSON text, byte by byte, front to back.
///
/// The text is handed to every method instead of being stored, since a span cannot be stored in a
/// type that escapes. Recursion is bounded by `maximumDepth`, so a million brackets cost a million
/// bytes read at most, not a million stack frames.
struct JSONReader {
  /// What is wrong, and how many bytes into the text; line and column are counted only then.
  struct Fault: Error {
    let reason: JSONSyntaxError.Reason
    let offset: Int
  }

  var position = 0
  private let maximumDepth: Int

  static func read(
    _ bytes: [UInt8], maximumDepth: Int
  ) throws(JSONSyntaxError) -> JSONValue {
    let text = bytes.span
    var reader = JSONReader(maximumDepth: maximumDepth)
    do throws(Fault) {
      return try reader.readText(text)
    } catch {
      throw JSONSyntaxError(error, in: text, maximumDepth: maximumDepth)
    }
  }

  private mutating func readText(_ text: Span<UInt8>) throws(Fault) -> JSONValue {
    skipSpace(text)
    guard position < text.count else { throw fault(.emptyText) }
    if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF {
      throw Fault(reason: .byteOrderMark, offset: 0)
    }
    let value = try readValue(text, depth: 0)
    skipSpace(text)
    guard position == text.count else { throw unexpected(.trailingBytes, in: text) }
    return value
  }

  /// Expects `position` at the first byte of the value, or at the end.
  private mutating func readValue(_ text: Span<UInt8>, depth: Int) throws(Fault) -> JSONValue {
    guard position < text.count else { throw fault(.unexpectedEnd) }
    switch text[position] {
    case UInt8(ascii: "\""): return .string(try readString(text))
    case UInt8(ascii: "{"): return try readObject(text, depth: depth + 1)
    case UInt8(ascii: "["): return try readArray(text, depth: depth + 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .number(try readNumber(text))
    case UInt8(ascii: "t"):
      try readWord("true", text)
      return .bool(true)
    case UInt8(ascii: "f"):
      try readWord("false", text)
      return .bool(false)
    case UInt8(ascii: "n"):
      try readWord("null", text)
      return .null
    default: throw unexpected(.expectedValue, in: text)
    }
  }

  private mutating func readWord(_ word: StaticString, _ text: Span<UInt8>) throws(Fault) {
    let letters = word.description.utf8
    var index = position
    for letter in letters {
      guard index < text.count else {
        throw Fault(reason: .unexpectedEnd, offset: index)
      }
      guard text[index] == letter else { throw unexpected(.expectedValue, in: text) }
      index += 1
    }
    position = index
  }

  private mutating func readArray(_ text: Span<UInt8>, depth: Int) throws(Fault) -> JSONValue {
    guard depth <= maximumDepth else { throw fault(.tooDeep) }
    position += 1
    var items: [JSONValue] = []
    skipSpace(text)
    if take(UInt8(ascii: "]"), text) { return .array(items) }
    while true {
      items.append(try readValue(text, depth: depth))
      skipSpace(text)
      if take(UInt8(ascii: ","), text) {
        skipSpace(text)
      } else if take(UInt8(ascii: "]"), text) {
        return .array(items)
      } else {
        throw unexpected(.expectedCommaOrBracket, in: text)
      }
    }
  }

  private mutating func readObject(_ text: Span<UInt8>, depth: Int) throws(Fault) -> JSONValue {
    guard depth <= maximumDepth else { throw fault(.tooDeep) }
    position += 1
    var members: [JSONObject.Member] = []
    var names: Set<ByteKey> = []
    skipSpace(text)
    if take(UInt8(ascii: "}"), text) { return .object(JSONObject(members)) }
    while true {
      let start = position
      guard position < text.count, text[position] == UInt8(ascii: "\"") else {
        throw unexpected(.expectedName, in: text)
      }
      let name = try readString(text)
      guard Self.isNew(name, among: members, names: &names) else {
        throw Fault(reason: .duplicateName, offset: start)
      }
      skipSpace(text)
      guard take(UInt8(ascii: ":"), text) else { throw unexpected(.expectedColon, in: text) }
      skipSpace(text)
      members.append(.init(name: name, value: try readValue(text, depth: depth)))
      skipSpace(text)
      if take(UInt8(ascii: ","), text) {
        skipSpace(text)
      } else if take(UInt8(ascii: "}"), text) {
        return .object(JSONObject(members))
      } else {
        throw unexpected(.expectedCommaOrBrace, in: text)
      }
    }
  }

  /// Compares with every member while they are few; hashes from then on, so that a body full of
  /// names does not cost the square of its length.
  private static func isNew(
    _ name: String, among members: [JSONObject.Member], names: inout Set<ByteKey>
  ) -> Bool {
    if members.count < JSONObject.smallCount {
      for index in members.indices where members[index].name.hasSameBytes(as: name) {
        return false
      }
      return true
    }
    if names.isEmpty {
      names.reserveCapacity(members.count * 4)
      for member in members { names.insert(ByteKey(member.name)) }
    }
    return names.insert(ByteKey(name)).inserted
  }

  // MARK: Bytes

  @inline(__always)
  mutating func skipSpace(_ text: Span<UInt8>) {
    while position < text.count {
      switch text[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  @inline(__always)
  mutating func take(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
    guard position < text.count, text[position] == byte else { return false }
    position += 1
    return true
  }

  func fault(_ reason: JSONSyntaxError.Reason) -> Fault {
    Fault(reason: reason, offset: position)
  }

  /// `reason` at `position`, unless the text is over there or is not even UTF-8.
  func unexpected(_ reason: JSONSyntaxError.Reason, in text: Span<UInt8>) -> Fault {
    guard position < text.count else { return fault(.unexpectedEnd) }
    guard text[position] >= 0x80 else { return fault(reason) }
    var end = position + 1
    while end < min(position + 4, text.count), text[end] & 0xC0 == 0x80 { end += 1 }
    let isCharacter = (try? UTF8Span(validating: text.extracting(position..<end))) != nil
    return fault(isCharacter ? reason : .invalidUTF8)
  }

  private init(maximumDepth: Int) {
    self.maximumDepth = maximumDepth
  }
}
