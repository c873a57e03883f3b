// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One run of a compiled schema over one value.
///
/// Nothing is built for what is valid, not even the place: a violation is noted without one, and
/// each array and object on the way back adds its step to it.
struct Validation {
  /// A violation whose place is not complete yet.
  private struct Finding {
    var stepsOutwards: [String]
    let keyword: String
    let message: String
  }

  private let nodes: [SchemaNode]
  private let dynamicAnchors: [String: [Int: Int]]
  private let limit: Int
  private var findings: [Finding] = []
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
    if node.values?.check(value, &self) == false { isValid = false }
    if isQuiet && !isValid || isOver { return false }
    switch value {
    case .string(let text):
      if node.strings?.check(text, &self) == false { isValid = false }
    case .number(let number):
      if node.numbers?.check(number, &self) == false { isValid = false }
    case .array(let items):
      if node.arrays?.check(items, &self, marking: &seen) == false { isValid = false }
    case .object(let object):
      if node.objects?.check(object, value, &self, marking: &seen) == false { isValid = false }
    case .null, .bool: break
    }
    if isQuiet && !isValid || isOver { return false }
    if node.references?.check(value, &self, marking: &seen) == false { isValid = false }
    if isQuiet && !isValid || isOver { return false }
    if node.combination?.check(value, &self, marking: &seen) == false { isValid = false }
    return isValid && !isOver
  }

  // MARK: What the rules use

  /// Applies a subschema to a member of the value at hand.
  mutating func apply(_ index: Int, toMember name: String, _ value: JSONValue) -> Bool {
    let count = findings.count
    var unmarked: Evaluated?
    if apply(index, to: value, marking: &unmarked) { return true }
    addStep(Excerpt.shortened(name), from: count)
    return false
  }

  /// Applies a subschema to an item of the value at hand.
  mutating func apply(_ index: Int, toItem position: Int, _ value: JSONValue) -> Bool {
    let count = findings.count
    var unmarked: Evaluated?
    if apply(index, to: value, marking: &unmarked) { return true }
    addStep(String(position), from: count)
    return false
  }

  private mutating func addStep(_ step: String, from count: Int) {
    for index in count..<findings.count { findings[index].stepsOutwards.append(step) }
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
    if findings.count >= limit { isOver = true }
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
    let steps = member.map { [Excerpt.shortened($0)] } ?? []
    findings.append(Finding(stepsOutwards: steps, keyword: keyword, message: message))
  }

  /// What was found, once the whole value has been gone through.
  var violations: [Violation] {
    findings.map { finding in
      Violation(
        pointer: JSONPointer(tokens: finding.stepsOutwards.reversed()),
        keyword: finding.keyword, message: finding.message)
    }
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
