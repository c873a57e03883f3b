// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `allOf`, `anyOf`, `oneOf`, `not` and `if`: applicator vocabulary, 10.2.
final class CombinationRules: Sendable {
  let allOf: [Int]
  let anyOf: [Int]
  let oneOf: [Int]
  let not: Int?
  let condition: Int?
  let then: Int?
  let otherwise: Int?

  init(
    allOf: [Int], anyOf: [Int], oneOf: [Int], not: Int?, condition: Int?, then: Int?,
    otherwise: Int?
  ) {
    self.allOf = allOf
    self.anyOf = anyOf
    self.oneOf = oneOf
    self.not = not
    self.condition = condition
    self.then = then
    self.otherwise = otherwise
  }

  func check(
    _ value: JSONValue, _ run: inout Validation, marking seen: inout Evaluated?
  ) -> Bool {
    var isValid = true
    for schema in allOf where !run.apply(schema, to: value, marking: &seen) {
      isValid = false
      if run.isQuiet || run.isOver { return false }
    }
    if !anyOf.isEmpty, !checkAny(value, &run, marking: &seen) { isValid = false }
    if !oneOf.isEmpty, !checkOne(value, &run, marking: &seen) { isValid = false }
    if run.isQuiet && !isValid || run.isOver { return false }
    if let not {
      var unmarked: Evaluated?
      if run.accepts(not, value, marking: &unmarked) {
        isValid = run.fail("not", "is \(Excerpt.text(of: value)), which is of an excluded kind")
      }
    }
    if let condition {
      let branch = run.accepts(condition, value, marking: &seen) ? then : otherwise
      if let branch, !run.apply(branch, to: value, marking: &seen) { isValid = false }
    }
    return isValid
  }

  private func checkAny(
    _ value: JSONValue, _ run: inout Validation, marking seen: inout Evaluated?
  ) -> Bool {
    var isValid = false
    for schema in anyOf where run.accepts(schema, value, marking: &seen) {
      isValid = true
      // Every branch that fits may mark members; when nobody asks, one is enough.
      if seen == nil { break }
    }
    return isValid || failAll("anyOf", anyOf, value, &run)
  }

  private func checkOne(
    _ value: JSONValue, _ run: inout Validation, marking seen: inout Evaluated?
  ) -> Bool {
    var fitting: [Int] = []
    for (number, schema) in oneOf.enumerated() where run.accepts(schema, value, marking: &seen) {
      fitting.append(number + 1)
    }
    if fitting.count == 1 { return true }
    if fitting.isEmpty { return failAll("oneOf", oneOf, value, &run) }
    let places = Excerpt.list(fitting.map { "number \($0)" }, "and")
    return run.fail(
      "oneOf",
      "fits \(fitting.count) of \(oneOf.count) kinds (\(places)); exactly one must fit")
  }

  /// Where only one of the kinds has the type of the value, its violations are the helpful ones.
  private func failAll(
    _ keyword: String, _ schemas: [Int], _ value: JSONValue, _ run: inout Validation
  ) -> Bool {
    guard !run.isQuiet else { return false }
    let candidates = schemas.filter { run.types(of: $0).allows(value) }
    if candidates.count == 1 {
      var unmarked: Evaluated?
      return run.apply(candidates[0], to: value, marking: &unmarked)
    }
    return run.fail(
      keyword, "is \(Excerpt.text(of: value)); it fits none of the \(schemas.count) allowed kinds")
  }
}

extension SchemaCompiler {
  mutating func combinationRules(_ source: SchemaSource) -> CombinationRules? {
    let allOf = schemas("allOf", source)
    let anyOf = schemas("anyOf", source)
    let oneOf = schemas("oneOf", source)
    let not = schema("not", source)
    let condition = schema("if", source)
    let then = schema("then", source)
    let otherwise = schema("else", source)
    guard allOf != nil || anyOf != nil || oneOf != nil || not != nil || condition != nil
    else { return nil }
    return CombinationRules(
      allOf: allOf ?? [], anyOf: anyOf ?? [], oneOf: oneOf ?? [], not: not, condition: condition,
      then: then, otherwise: otherwise)
  }
}
