// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
  /// The compact text: no white space, members in their order, numbers with their exact text.
  package func serialized() -> [UInt8] {
    var writer = JSONWriter(isCanonical: false, after: [])
    writer.write(self)
    return writer.bytes
  }

  /// The canonical form of RFC 8785: members sorted by the UTF-16 units of their names, one way to
  /// write a string, one way to write a number. Equal values have equal bytes.
  ///
  /// Numbers differ from the RFC where its way through a double would make two different numbers
  /// alike; see `JSONNumber.canonicalText`.
  package func canonicalBytes() -> [UInt8] {
    var bytes: [UInt8] = []
    appendCanonical(to: &bytes)
    return bytes
  }

  /// Appends the canonical form.
  package func appendCanonical(to bytes: inout [UInt8]) {
    var writer = JSONWriter(isCanonical: true, after: bytes)
    bytes = []
    writer.write(self)
    bytes = writer.bytes
  }
}

extension [UInt8] {
  /// Appends `text` as JSON writes it, between quotes: only what must be escaped is, the short way
  /// where there is one (RFC 8785, 3.2.2.2).
  package mutating func append(jsonString text: String) {
    append(UInt8(ascii: "\""))
    let content = text.utf8.span
    let isDone =
      ByteScan.of(content) { scan in
        if scan.hasSpecials { return false }
        scan.append(to: &self)
        return true
      } ?? true
    if !isDone {
      for index in content.indices { appendEscaped(content[index]) }
    }
    append(UInt8(ascii: "\""))
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append(contentsOf: #"\""#.utf8)
    case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
    case 0x08: append(contentsOf: #"\b"#.utf8)
    case 0x09: append(contentsOf: #"\t"#.utf8)
    case 0x0A: append(contentsOf: #"\n"#.utf8)
    case 0x0C: append(contentsOf: #"\f"#.utf8)
    case 0x0D: append(contentsOf: #"\r"#.utf8)
    case 0..<0x20:
      let hex = String(byte, radix: 16)
      append(contentsOf: (byte < 0x10 ? #"\u000"# : #"\u00"#).utf8)
      append(contentsOf: hex.utf8)
    default: append(byte)
    }
  }
}

/// Appends values to a buffer, in either of the two forms.
struct JSONWriter {
  private(set) var bytes: [UInt8]
  private let isCanonical: Bool

  /// - Parameter bytes: what the value is written behind.
  init(isCanonical: Bool, after bytes: consuming [UInt8]) {
    self.isCanonical = isCanonical
    self.bytes = bytes
    if self.bytes.isEmpty { self.bytes.reserveCapacity(512) }
  }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(true): bytes.append(contentsOf: "true".utf8)
    case .bool(false): bytes.append(contentsOf: "false".utf8)
    case .number(let number):
      bytes.append(contentsOf: (isCanonical ? number.canonicalText : number.text).utf8)
    case .string(let text): bytes.append(jsonString: text)
    case .array(let items): write(items)
    case .object(let object): write(object.members)
    }
  }

  private mutating func write(_ items: [JSONValue]) {
    var separator = UInt8(ascii: "[")
    for item in items {
      bytes.append(separator)
      separator = UInt8(ascii: ",")
      write(item)
    }
    if items.isEmpty { bytes.append(separator) }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ members: [JSONObject.Member]) {
    var separator = UInt8(ascii: "{")
    for member in isCanonical ? Self.sorted(members) : members {
      bytes.append(separator)
      separator = UInt8(ascii: ",")
      bytes.append(jsonString: member.name)
      bytes.append(UInt8(ascii: ":"))
      write(member.value)
    }
    if members.isEmpty { bytes.append(separator) }
    bytes.append(UInt8(ascii: "}"))
  }

  private static func sorted(_ members: [JSONObject.Member]) -> [JSONObject.Member] {
    let isSorted = members.indices.dropFirst().allSatisfy {
      members[$0 - 1].name.precedesInUTF16(members[$0].name)
    }
    return isSorted ? members : members.sorted { $0.name.precedesInUTF16($1.name) }
  }
}

extension String {
  /// The order of RFC 8785, 3.2.3, found in the UTF-8 without converting: it is the order of the
  /// bytes, but that U+E000 to U+FFFF (which begin with EE or EF) come after everything that needs
  /// surrogates (which begins with F0 to F4).
  func precedesInUTF16(_ other: String) -> Bool {
    let a = utf8.span
    let b = other.utf8.span
    for index in 0..<min(a.count, b.count) where a[index] != b[index] {
      return Self.utf16Rank(a[index]) < Self.utf16Rank(b[index])
    }
    return a.count < b.count
  }

  private static func utf16Rank(_ byte: UInt8) -> UInt8 {
    byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte
  }
}
