// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One run of a compiled schema over one value.
///
/// Nothing is built for what is valid: the place is a stack of borrowed steps, and becomes a pointer
/// only in a violation.
struct Validation {
  enum Step {
    case member(String)
    case item(Int)
  }

  private let nodes: [SchemaNode]
  private let dynamicAnchors: [String: [Int: Int]]
  private let limit: Int
  private(set) var violations: [Violation] = []
  private var path: [Step] = []
  /// Above zero only the result counts: inside `not`, `if`, `anyOf` and their like.
  private var quietLevels = 0
  /// Set when the run must end: the limit is reached, or a bound was hit.
  private(set) var isOver = false
  private var depth = 0
  /// The resources entered on the way here, outermost first; only kept when a `$dynamicRef` asks.
  private var scope: [Int] = []
  private var patternRun = PatternRun()

  /// References that lead on without ever going into the value end here. A document that nests 64
  /// deep stays far below.
  private static let maximumDepth = 1000

  init(nodes: [SchemaNode], dynamicAnchors: [String: [Int: Int]], limit: Int) {
    self.nodes = nodes
    self.dynamicAnchors = dynamicAnchors
    self.limit = limit
  }

  var isQuiet: Bool { quietLevels > 0 }

  /// Applies a subschema.
  ///
  /// - Parameter seen: `nil` when nobody asks which members or items were looked at.
  /// - Returns: whether the value is valid. When not quiet, the violations say why not.
  mutating func apply(
    _ index: Int, to value: JSONValue, marking seen: inout Evaluated?
  ) -> Bool {
    let node = nodes[index]
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maximumDepth { return stop("$ref", "is nested too deeply for its schema") }
    let entersResource = !dynamicAnchors.isEmpty && scope.last != node.resource
    if entersResource { scope.append(node.resource) }
    defer { if entersResource { scope.removeLast() } }
    guard let unevaluated = node.unevaluated else { return check(node, value, marking: &seen) }
    var local: Evaluated? = Evaluated()
    // Members that a failed subschema would have covered are not reported a second time.
    let isValid =
      check(node, value, marking: &local)
      && unevaluated.check(value, &self, marking: &local)
    if isValid, let local { seen?.formUnion(local) }
    return isValid
  }

  private mutating func check(
    _ node: SchemaNode, _ value: JSONValue, marking seen: inout Evaluated?
  ) -> Bool {
    if node.isNever { return fail("false", "is not allowed here") }
    guard node.types.allows(value) else {
      return fail("type", node.types.message(for: value))
    }
    var isValid = true
    if let rules = node.values, !rules.check(value, &self) { isValid = false }
    if isQuiet && !isValid || isOver { return false }
    switch value {
    case .string(let text):
      if let rules = node.strings, !rules.check(text, &self) { isValid = false }
    case .number(let number):
      if let rules = node.numbers, !rules.check(number, &self) { isValid = false }
    case .array(let items):
      if let rules = node.arrays, !rules.check(items, &self, marking: &seen) { isValid = false }
    case .object(let object):
      if let rules = node.objects, !rules.check(object, value, &self, marking: &seen) {
        isValid = false
      }
    case .null, .bool: break
    }
    if isQuiet && !isValid || isOver { return false }
    if let rules = node.references, !rules.check(value, &self, marking: &seen) { isValid = false }
    if isQuiet && !isValid || isOver { return false }
    if let rules = node.combination, !rules.check(value, &self, marking: &seen) { isValid = false }
    return isValid && !isOver
  }

  // MARK: What the rules use

  /// Applies a subschema to a member of the value at hand.
  mutating func apply(_ index: Int, toMember name: String, _ value: JSONValue) -> Bool {
    path.append(.member(name))
    var unmarked: Evaluated?
    let isValid = apply(index, to: value, marking: &unmarked)
    path.removeLast()
    return isValid
  }

  /// Applies a subschema to an item of the value at hand.
  mutating func apply(_ index: Int, toItem position: Int, _ value: JSONValue) -> Bool {
    path.append(.item(position))
    var unmarked: Evaluated?
    let isValid = apply(index, to: value, marking: &unmarked)
    path.removeLast()
    return isValid
  }

  /// Whether a subschema accepts the value, without any word about it.
  mutating func accepts(
    _ index: Int, _ value: JSONValue, marking seen: inout Evaluated?
  ) -> Bool {
    quietLevels += 1
    defer { quietLevels -= 1 }
    var local: Evaluated? = seen == nil ? nil : Evaluated()
    let isValid = apply(index, to: value, marking: &local)
    if isValid, let local { seen?.formUnion(local) }
    return isValid
  }

  /// Notes a violation at the present place, or at one of its members. Always `false`.
  mutating func fail(
    _ keyword: String, member: String? = nil, _ message: @autoclosure () -> String
  ) -> Bool {
    guard !isQuiet, !isOver else { return false }
    note(keyword, member: member, message())
    if violations.count >= limit { isOver = true }
    return false
  }

  /// Notes a violation and ends the run, quiet or not: what was not looked at must not pass.
  mutating func stop(_ keyword: String, _ message: String) -> Bool {
    guard !isOver else { return false }
    isOver = true
    note(keyword, member: nil, message)
    return false
  }

  private mutating func note(_ keyword: String, member: String?, _ message: String) {
    var tokens = path.map { step in
      switch step {
      case .member(let name): Excerpt.shortened(name)
      case .item(let position): String(position)
      }
    }
    if let member { tokens.append(Excerpt.shortened(member)) }
    violations.append(
      Violation(pointer: JSONPointer(tokens: tokens), keyword: keyword, message: message))
  }

  /// The types that a subschema allows by itself.
  func types(of index: Int) -> TypeSet { nodes[index].types }

  /// JSON Schema core, 8.2.3.2: the outermost schema of this dynamic anchor on the way here.
  func dynamicTarget(_ name: String, otherwise fallback: Int) -> Int {
    guard let targets = dynamicAnchors[name] else { return fallback }
    for resource in scope {
      if let target = targets[resource] { return target }
    }
    return fallback
  }

  mutating func match(_ pattern: Pattern, _ text: String) -> Pattern.Outcome {
    pattern.match(text, in: &patternRun)
  }
}
