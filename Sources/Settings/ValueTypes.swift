// SPDX-License-Identifier: Apache-2.0

/// `text` as a basic string of TOML.
func tomlString(_ text: String) -> String {
  let escaped = text.unicodeScalars.map { scalar in
    switch scalar {
    case "\"": "\\\""
    case "\\": "\\\\"
    case let control where control.value < 0x20 || control.value == 0x7f:
      "\\u" + String(repeating: "0", count: control.value < 0x10 ? 3 : 2)
        + String(control.value, radix: 16)
    default: String(scalar)
    }
  }
  return "\"\(escaped.joined())\""
}

/// A value of the user as a message quotes it: short, on one line. Never used for secrets.
func quoted(_ text: String) -> String {
  tomlString(text.count > 64 ? "\(text.prefix(64))…" : text)
}

/// Whether an ASCII letter or digit.
func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default: false
  }
}

extension ValueType {
  /// A type that is written as a string.
  ///
  /// - Parameters:
  ///   - words: completes "must be …".
  ///   - parse: gets the text, its key path, its place, and where to report; nil after a reported
  ///     mistake.
  static func string(
    _ words: String,
    parse: @escaping @Sendable (String, String, Place, Findings) -> Value?,
    write: @escaping @Sendable (Value) -> String
  ) -> ValueType {
    ValueType(
      words,
      read: { node, keyPath, findings in
        guard case .string(let text) = node.value else {
          findings.wrongType(
            node, at: keyPath, expected: words, remedy: "write it as a string, in quotes")
          return nil
        }
        return parse(text, keyPath, node.place, findings)
      }, write: write)
  }
}

extension ValueType where Value == Bool {
  static let boolean = ValueType(
    "true or false",
    read: { node, keyPath, findings in
      if case .boolean(let value) = node.value { return value }
      findings.wrongType(
        node, at: keyPath, expected: "true or false", remedy: "write it without quotes")
      return nil
    }, write: { "\($0)" })
}

extension ValueType where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> ValueType {
    let words = "an integer from \(range.lowerBound) to \(range.upperBound)"
    return ValueType(
      words,
      read: { node, keyPath, findings in
        guard case .integer(let number) = node.value else {
          findings.wrongType(
            node, at: keyPath, expected: words, remedy: "write digits without quotes")
          return nil
        }
        guard let value = Int(exactly: number), range.contains(value) else {
          findings.mistake(
            keyPath, at: node.place, "is \(number); it must be \(words)",
            remedy: number < range.lowerBound
              ? "write \(range.lowerBound) or more" : "write \(range.upperBound) or less")
          return nil
        }
        return value
      }, write: { "\($0)" })
  }
}

extension ValueType where Value == Duration {
  static func duration(_ range: ClosedRange<Duration>) -> ValueType {
    let lower = DurationText.write(range.lowerBound)
    let upper = DurationText.write(range.upperBound)
    let words = "a duration such as \"10s\", from \"\(lower)\" to \"\(upper)\""
    return .string(
      words,
      parse: { text, keyPath, place, findings in
        guard let duration = DurationText.parse(text) else {
          findings.mistake(
            keyPath, at: place, "is \(quoted(text)), which is not a duration",
            remedy: "write a number and a unit of ms, s, m, h or d, such as \"10s\"")
          return nil
        }
        guard range.contains(duration) else {
          findings.mistake(
            keyPath, at: place, "is \(quoted(text)); it must be from \"\(lower)\" to \"\(upper)\"",
            remedy: duration < range.lowerBound
              ? "write \"\(lower)\" or more" : "write \"\(upper)\" or less")
          return nil
        }
        return duration
      }, write: { tomlString(DurationText.write($0)) })
  }
}

extension ValueType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the names of an enumeration.
  static var choice: ValueType {
    let names = Value.allCases.map(\.rawValue)
    let words = "one of " + names.map(tomlString).joined(separator: ", ")
    return .string(
      words,
      parse: { text, keyPath, place, findings in
        if let value = Value(rawValue: text) { return value }
        let nearest = nearestName(to: text, among: names).map { "did you mean \"\($0)\"?" }
        findings.mistake(
          keyPath, at: place, "is \(quoted(text)); it must be \(words)",
          remedy: nearest ?? "write one of these")
        return nil
      }, write: { tomlString($0.rawValue) })
  }
}

extension ValueType where Value == String {
  /// Text of a checked shape.
  ///
  /// - Parameters:
  ///   - words: what it must be.
  ///   - matches: decides by the bytes.
  static func text(
    _ words: String, where matches: @escaping @Sendable (String.UTF8View) -> Bool
  ) -> ValueType {
    .string(
      words,
      parse: { text, keyPath, place, findings in
        if matches(text.utf8) { return text }
        findings.mistake(
          keyPath, at: place, "is \(quoted(text)); it must be \(words)",
          remedy: "write it like that")
        return nil
      }, write: tomlString)
  }

  /// An existing file, written as a path with or without `file:`; read as the path to open.
  static let file = ValueType.string(
    "the path of a file, relative to this one",
    parse: { text, keyPath, place, findings in
      let written = text.hasPrefix("file:") ? String(text.dropFirst("file:".count)) : text
      guard !written.isEmpty, !written.utf8.contains(0) else {
        findings.mistake(keyPath, at: place, "is empty", remedy: "write the path of a file")
        return nil
      }
      let path = FilePath.join(findings.folder, written)
      do throws(FileProblem) {
        _ = try FileContents(path: path)
      } catch {
        findings.mistake(keyPath, at: place, error.message, remedy: error.remedy)
      }
      return path
    }, write: tomlString)
}

extension ValueType {
  /// One or more values of a type.
  ///
  /// - Parameter noun: what one element is, for the message about an empty list.
  static func list<Element: Sendable>(
    of element: ValueType<Element>, _ words: String, minimum: Int
  ) -> ValueType where Value == [Element] {
    ValueType(
      words,
      read: { node, keyPath, findings in
        guard case .array(let nodes) = node.value else {
          findings.wrongType(node, at: keyPath, expected: words, remedy: "put it into [ and ]")
          return nil
        }
        guard nodes.count >= minimum else {
          findings.mistake(
            keyPath, at: node.place, "is empty; it must be \(words)", remedy: "write at least one")
          return nil
        }
        let values = nodes.enumerated().map { index, node in
          element.read(node, "\(keyPath)[\(index)]", findings)
        }
        return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
      }, write: { "[" + $0.map(element.write).joined(separator: ", ") + "]" })
  }
}
