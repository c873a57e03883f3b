// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Lengths in code points, patterns and formats of strings: validation vocabulary, 6.3 and 7.
final class StringRules: Sendable {
  let minimumLength: Int
  let maximumLength: Int
  let pattern: Pattern?
  let format: StringFormat?

  init(
    minimumLength: Int, maximumLength: Int, pattern: Pattern?, format: StringFormat?
  ) {
    self.minimumLength = minimumLength
    self.maximumLength = maximumLength
    self.pattern = pattern
    self.format = format
  }

  func check(_ text: String, _ run: inout Validation) -> Bool {
    var isValid = checkLength(text, &run)
    if run.isQuiet && !isValid { return false }
    if let pattern {
      switch run.match(pattern, text) {
      case .matches: break
      case .differs(let stranger):
        isValid = run.fail("pattern", pattern.message(for: text, stranger: stranger))
      case .tooCostly:
        return run.stop(
          "pattern",
          "could not be compared with the pattern \(pattern.shown) in a bounded number of steps")
      }
    }
    if let format, !format.accepts(text) {
      isValid = run.fail("format", "is \(Excerpt.quoted(text)); \(format.expectation) is expected")
    }
    return isValid
  }

  private func checkLength(_ text: String, _ run: inout Validation) -> Bool {
    // A code point takes one to four bytes, so the bytes mostly decide without counting.
    let bytes = text.utf8.count
    if bytes <= maximumLength, (bytes + 3) / 4 >= minimumLength { return true }
    let length = text.unicodeScalars.count
    if length > maximumLength {
      return run.fail(
        "maxLength",
        "is \(Excerpt.counted(length, "character")) long; "
          + "at most \(Excerpt.are(maximumLength)) allowed")
    }
    if length < minimumLength {
      return run.fail(
        "minLength",
        "is \(length == 0 ? "empty" : Excerpt.counted(length, "character") + " long"); at least "
          + (minimumLength == 1 ? "1 character is" : "\(minimumLength) characters are")
          + " required")
    }
    return true
  }
}

extension SchemaCompiler {
  mutating func stringRules(_ source: SchemaSource) -> StringRules? {
    let minimum = count("minLength", source)
    let maximum = count("maxLength", source)
    let pattern = source["pattern"].flatMap { self.pattern($0, source, "pattern") }
    let format = format(source)
    guard minimum != nil || maximum != nil || pattern != nil || format != nil else { return nil }
    return StringRules(
      minimumLength: minimum ?? 0, maximumLength: maximum ?? .max, pattern: pattern,
      format: format)
  }

  /// Compiles a regular expression of the schema.
  mutating func pattern(
    _ value: JSONValue, _ source: SchemaSource, _ keyword: String, name: String? = nil
  ) -> Pattern? {
    guard let text = value.stringValue else {
      mistake(source, keyword, "\(keyword) is not a string", "write a regular expression")
      return nil
    }
    do throws(PatternError) {
      return try Pattern(text)
    } catch {
      mistake(
        source, keyword, name: name,
        "\(Excerpt.quoted(text)) is not a regular expression of ECMA-262: \(error.message)",
        error.remedy)
      return nil
    }
  }

  private mutating func format(_ source: SchemaSource) -> StringFormat? {
    guard let value = source["format"] else { return nil }
    guard let name = value.stringValue else {
      mistake(source, "format", "format is not a string", "write the name of a format")
      return nil
    }
    return source.assertsFormats ? StringFormat(name: name) : nil
  }
}
