// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Limits of numbers, exact: validation vocabulary, 6.2.
final class NumberRules: Sendable {
  let minimum: JSONNumber?
  let exclusiveMinimum: JSONNumber?
  let maximum: JSONNumber?
  let exclusiveMaximum: JSONNumber?
  let multipleOf: JSONNumber?

  init(
    minimum: JSONNumber?, exclusiveMinimum: JSONNumber?, maximum: JSONNumber?,
    exclusiveMaximum: JSONNumber?, multipleOf: JSONNumber?
  ) {
    self.minimum = minimum
    self.exclusiveMinimum = exclusiveMinimum
    self.maximum = maximum
    self.exclusiveMaximum = exclusiveMaximum
    self.multipleOf = multipleOf
  }

  func check(_ number: JSONNumber, _ run: inout Validation) -> Bool {
    var isValid = true
    let found = { Excerpt.shortened(number.text) }
    if let minimum, number < minimum {
      isValid = run.fail("minimum", "is \(found()); at least \(minimum.text) is allowed")
    }
    if let exclusiveMinimum, !(exclusiveMinimum < number) {
      isValid = run.fail(
        "exclusiveMinimum", "is \(found()); only more than \(exclusiveMinimum.text) is allowed")
    }
    if let maximum, maximum < number {
      isValid = run.fail("maximum", "is \(found()); at most \(maximum.text) is allowed")
    }
    if let exclusiveMaximum, !(number < exclusiveMaximum) {
      isValid = run.fail(
        "exclusiveMaximum", "is \(found()); only less than \(exclusiveMaximum.text) is allowed")
    }
    if let multipleOf, !number.isMultiple(of: multipleOf) {
      isValid = run.fail(
        "multipleOf", "is \(found()); only multiples of \(multipleOf.text) are allowed")
    }
    return isValid
  }
}

extension SchemaCompiler {
  mutating func numberRules(_ source: SchemaSource) -> NumberRules? {
    let keywords = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"]
    guard keywords.contains(where: { source[$0] != nil }) else { return nil }
    let multipleOf = number("multipleOf", source)
    if let multipleOf, !(JSONNumber(0) < multipleOf) {
      mistake(source, "multipleOf", "multipleOf is not above zero", "write a number above zero")
    }
    return NumberRules(
      minimum: number("minimum", source), exclusiveMinimum: number("exclusiveMinimum", source),
      maximum: number("maximum", source), exclusiveMaximum: number("exclusiveMaximum", source),
      multipleOf: multipleOf)
  }

  private mutating func number(_ keyword: String, _ source: SchemaSource) -> JSONNumber? {
    guard let value = source[keyword] else { return nil }
    guard let number = value.numberValue else {
      let hint = keyword.hasPrefix("exclusive") ? " (true and false were an older draft's way)" : ""
      mistake(source, keyword, "\(keyword) is not a number", "write a number\(hint)")
      return nil
    }
    return number
  }
}
