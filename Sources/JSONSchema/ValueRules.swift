// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `enum` and `const`: validation vocabulary, 6.1.2 and 6.1.3.
final class ValueRules: Sendable {
  let constant: JSONValue?
  let allowed: [JSONValue]?

  init(
    constant: JSONValue?, allowed: [JSONValue]?
  ) {
    self.constant = constant
    self.allowed = allowed
  }

  func check(_ value: JSONValue, _ run: inout Validation) -> Bool {
    var isValid = true
    if let constant, value != constant {
      isValid = run.fail(
        "const", "is \(Excerpt.text(of: value)); only \(Excerpt.text(of: constant)) is allowed")
    }
    if let allowed, !allowed.contains(value) {
      let texts = allowed.map(Excerpt.text(of:))
      isValid = run.fail(
        "enum",
        "is \(Excerpt.text(of: value)); allowed \(texts.count == 1 ? "is" : "are") "
          + Excerpt.list(texts, "and"))
    }
    return isValid
  }
}

extension SchemaCompiler {
  mutating func valueRules(_ source: SchemaSource) -> ValueRules? {
    var allowed: [JSONValue]?
    if let value = source["enum"] {
      allowed = value.arrayValue
      if allowed?.isEmpty != false {
        mistake(source, "enum", "enum is not a list of values", "list at least one value")
      }
    }
    let constant = source["const"]
    guard constant != nil || allowed != nil else { return nil }
    return ValueRules(constant: constant, allowed: allowed)
  }
}
