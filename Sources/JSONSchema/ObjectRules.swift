// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Objects: applicator vocabulary, 10.3.2 and 10.2.2.4, and validation vocabulary, 6.5.
final class ObjectRules: Sendable {
  let properties: PropertyTable
  let patterns: [(pattern: Pattern, schema: Int)]
  let additional: Additional
  let names: Int?
  let required: [String]
  let dependentRequired: [(name: String, required: [String])]
  let dependentSchemas: [(name: String, schema: Int)]
  let minimumCount: Int
  let maximumCount: Int

  init(
    properties: PropertyTable, patterns: [(pattern: Pattern, schema: Int)], additional: Additional,
    names: Int?, required: [String], dependentRequired: [(name: String, required: [String])],
    dependentSchemas: [(name: String, schema: Int)], minimumCount: Int, maximumCount: Int
  ) {
    self.properties = properties
    self.patterns = patterns
    self.additional = additional
    self.names = names
    self.required = required
    self.dependentRequired = dependentRequired
    self.dependentSchemas = dependentSchemas
    self.minimumCount = minimumCount
    self.maximumCount = maximumCount
  }

  /// `additionalProperties`. `false` is told apart for the sake of its message.
  enum Additional: Sendable {
    case unchecked, never
    case schema(Int)
  }

  func check(
    _ object: JSONObject, _ value: JSONValue, _ run: inout Validation,
    marking seen: inout Evaluated?
  ) -> Bool {
    var isValid = checkCount(object.members.count, &run)
    for name in required where object.index(of: name) == nil {
      isValid = run.fail(
        "required", "has no member \(Excerpt.quoted(name)), which is required")
    }
    if run.isQuiet && !isValid { return false }
    for (name, others) in dependentRequired where object.index(of: name) != nil {
      for other in others where object.index(of: other) == nil {
        isValid = run.fail(
          "dependentRequired",
          "has no member \(Excerpt.quoted(other)), "
            + "which is required together with \(Excerpt.quoted(name))")
      }
    }
    if run.isQuiet && !isValid { return false }
    for index in object.members.indices {
      if !check(object.members[index], at: index, &run, marking: &seen) {
        isValid = false
        if run.isQuiet || run.isOver { return false }
      }
    }
    for (name, schema) in dependentSchemas where object.index(of: name) != nil {
      if !run.apply(schema, to: value, marking: &seen) { isValid = false }
    }
    return isValid
  }

  private func checkCount(_ count: Int, _ run: inout Validation) -> Bool {
    if count > maximumCount {
      return run.fail(
        "maxProperties",
        "has \(Excerpt.counted(count, "member")); at most \(Excerpt.are(maximumCount)) allowed")
    }
    if count < minimumCount {
      return run.fail(
        "minProperties",
        "has \(Excerpt.counted(count, "member")); "
          + "at least \(Excerpt.are(minimumCount)) required")
    }
    return true
  }

  private func check(
    _ member: JSONObject.Member, at index: Int, _ run: inout Validation,
    marking seen: inout Evaluated?
  ) -> Bool {
    var isValid = true
    var isKnown = false
    if let names, !checkName(member.name, against: names, &run) { isValid = false }
    if let schema = properties[member.name] {
      isKnown = true
      if !run.apply(schema, toMember: member.name, member.value) { isValid = false }
    }
    for (pattern, schema) in patterns {
      switch run.match(pattern, member.name) {
      case .differs: continue
      case .tooCostly:
        return run.stop(
          "patternProperties",
          "has a member name that could not be compared with \(pattern.shown) in a bounded number "
            + "of steps")
      case .matches:
        isKnown = true
        if !run.apply(schema, toMember: member.name, member.value) { isValid = false }
      }
    }
    if !isKnown {
      switch additional {
      case .unchecked: return isValid
      case .never:
        return run.fail("additionalProperties", member: member.name, unknownMessage(member.name))
      case .schema(let schema):
        if !run.apply(schema, toMember: member.name, member.value) { isValid = false }
      }
    }
    seen?.mark(index)
    return isValid
  }

  private func unknownMessage(_ name: String) -> String {
    let known = properties.names.map(Excerpt.shortened)
    let hint =
      known.isEmpty
      ? ""
      : "; known \(known.count == 1 ? "is" : "are") "
        + Excerpt.list(known, "and")
    return "is the member \(Excerpt.quoted(name)), which is not allowed\(hint)"
  }

  /// The name's own violations are told of the object, since a name has no pointer.
  private func checkName(_ name: String, against schema: Int, _ run: inout Validation) -> Bool {
    var unmarked: Evaluated?
    if run.accepts(schema, .string(name), marking: &unmarked) { return true }
    return run.fail("propertyNames", member: name, "has a name that is not allowed")
  }
}

/// The schemas of `properties` by name: compared one by one while they are few, then hashed.
struct PropertyTable: Sendable {
  private let few: [(name: String, schema: Int)]
  private let many: [ByteKey: Int]

  init(_ properties: [(name: String, schema: Int)]) {
    few = properties
    many =
      properties.count <= 8
      ? [:]
      : Dictionary(
        properties.map { (ByteKey($0.name), $0.schema) }, uniquingKeysWith: { first, _ in first })
  }

  var names: [String] { few.map(\.name) }

  subscript(name: String) -> Int? {
    if !many.isEmpty { return many[ByteKey(name)] }
    for entry in few where entry.name.hasSameBytes(as: name) { return entry.schema }
    return nil
  }
}

extension SchemaCompiler {
  mutating func objectRules(_ source: SchemaSource) -> ObjectRules? {
    let keywords = [
      "properties", "patternProperties", "additionalProperties", "propertyNames", "required",
      "dependentRequired", "dependentSchemas", "minProperties", "maxProperties",
    ]
    guard keywords.contains(where: { source[$0] != nil }) else { return nil }
    var patterns: [(pattern: Pattern, schema: Int)] = []
    for (name, schema) in schemaMap("patternProperties", source) {
      guard let pattern = pattern(.string(name), source, "patternProperties", name: name)
      else { continue }
      patterns.append((pattern, schema))
    }
    let additional: ObjectRules.Additional =
      source["additionalProperties"]?.boolValue == false
      ? .never : schema("additionalProperties", source).map { .schema($0) } ?? .unchecked
    return ObjectRules(
      properties: PropertyTable(schemaMap("properties", source)), patterns: patterns,
      additional: additional, names: schema("propertyNames", source),
      required: names("required", source), dependentRequired: dependentRequired(source),
      dependentSchemas: schemaMap("dependentSchemas", source),
      minimumCount: count("minProperties", source) ?? 0,
      maximumCount: count("maxProperties", source) ?? .max)
  }

  private mutating func dependentRequired(
    _ source: SchemaSource
  ) -> [(name: String, required: [String])] {
    guard let value = source["dependentRequired"] else { return [] }
    guard let object = value.objectValue else {
      mistake(
        source, "dependentRequired", "dependentRequired is not an object",
        "write member names, each with a list of the names it requires")
      return []
    }
    return object.members.map { member in
      (member.name, names(member.value, source, "dependentRequired", name: member.name))
    }
  }
}
