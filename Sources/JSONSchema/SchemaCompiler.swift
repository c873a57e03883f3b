// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Turns schemas, as they stand in documents, into nodes that refer to each other by number.
///
/// Each keyword group has its own part of this, beside its rules. Compiling does not stop at a
/// mistake: all of them are told at once.
struct SchemaCompiler {
  var index: SchemaIndex
  private let options: SchemaOptions
  private var nodes: [SchemaNode?] = []
  private var numbers: [SchemaLocation: Int] = [:]
  private var pending: [(number: Int, location: SchemaLocation)] = []
  private var mistakes: [SchemaMistake] = []
  /// Names that a `$dynamicRef` looks for.
  var dynamicNames: Set<String> = []

  init(index: SchemaIndex, options: SchemaOptions) {
    self.index = index
    self.options = options
  }

  mutating func compile(
    _ pointer: JSONPointer, in uri: String
  ) throws(SchemaMistakes) -> Schema {
    guard let document = index.documentNumber(of: uri) else {
      throw SchemaMistakes(mistakes: [
        SchemaMistake(
          document: uri, pointer: .root, message: "there is no such document",
          remedy: "add it before compiling")
      ])
    }
    let start = SchemaLocation(document: document, pointer: pointer)
    guard index.value(at: start) != nil else {
      throw SchemaMistakes(mistakes: [
        SchemaMistake(
          document: uri, pointer: pointer, message: "there is nothing here",
          remedy: "correct the pointer")
      ])
    }
    _ = node(at: start)
    compilePending()
    let anchors = compileDynamicAnchors()
    let finished = nodes.compactMap(\.self)
    if mistakes.isEmpty { reportEndlessReferences(finished) }
    guard mistakes.isEmpty, finished.count == nodes.count else {
      throw SchemaMistakes(mistakes: mistakes)
    }
    return Schema(nodes: finished, dynamicAnchors: anchors)
  }

  private mutating func compilePending() {
    while let (number, location) = pending.popLast() {
      nodes[number] = compileNode(location)
    }
  }

  /// Any resource may become part of the dynamic scope, so each schema that has one of the names is
  /// compiled, which may bring new names.
  private mutating func compileDynamicAnchors() -> [String: [Int: Int]] {
    var anchors: [String: [Int: Int]] = [:]
    var count = -1
    while count != nodes.count {
      count = nodes.count
      let entered = Set(nodes.compactMap { $0?.resource })
      for name in dynamicNames {
        for resource in entered {
          guard let location = index.resources[resource].dynamicAnchors[name] else { continue }
          anchors[name, default: [:]][resource] = node(at: location)
        }
      }
      compilePending()
    }
    return anchors
  }

  /// The number of the node for a schema, which is compiled later if it is new.
  mutating func node(at location: SchemaLocation) -> Int {
    if let known = numbers[location] { return known }
    let number = nodes.count
    nodes.append(nil)
    numbers[location] = number
    pending.append((number, location))
    return number
  }

  private mutating func compileNode(_ location: SchemaLocation) -> SchemaNode {
    let resource = index.resource(of: location)
    switch index.value(at: location) {
    case .bool(let isAllowed): return SchemaNode(resource: resource, isNever: !isAllowed)
    case .object(let object):
      let source = SchemaSource(
        location: location, object: object, resource: resource, dialect: dialect(of: resource),
        options: options)
      checkNames(source)
      checkCore(source)
      return SchemaNode(
        resource: resource, types: types(source), values: valueRules(source),
        numbers: numberRules(source), strings: stringRules(source), arrays: arrayRules(source),
        objects: objectRules(source), references: referenceRules(source),
        combination: combinationRules(source), unevaluated: unevaluatedRules(source))
    default:
      mistake(
        at: location, "this is neither an object nor a boolean, so it is not a schema",
        "write a schema, such as { \"type\": \"string\" }")
      return SchemaNode(resource: resource)
    }
  }

  // MARK: Mistakes

  mutating func mistake(at location: SchemaLocation, _ message: String, _ remedy: String) {
    mistakes.append(
      SchemaMistake(
        document: index.documents[location.document].uri, pointer: location.pointer,
        message: message, remedy: remedy))
  }

  /// A mistake in the value of a keyword, or in its member `name`.
  mutating func mistake(
    _ source: SchemaSource, _ keyword: String, name: String? = nil, _ message: String,
    _ remedy: String
  ) {
    let place = source.location.appending(keyword)
    mistake(at: name.map { place.appending($0) } ?? place, message, remedy)
  }

  private mutating func checkNames(_ source: SchemaSource) {
    guard options.refusesUnknownKeywords else { return }
    for member in source.object.members {
      let name = member.name
      guard SchemaKeyword.vocabulary[name] == nil, !SchemaKeyword.openAPI.contains(name),
        !name.hasPrefix("x-")
      else { continue }
      let remedy =
        SchemaKeyword.replacements[name]
        ?? SchemaKeyword.nearest(to: name).map { "did you mean \($0)?" }
        ?? "remove it, or begin its name with x-"
      mistake(source, name, "there is no keyword \(Excerpt.quoted(name))", remedy)
    }
  }

  /// Names of schemas, and schemas that nothing refers to: they are not used, but mistakes in them
  /// are mistakes.
  private mutating func checkCore(_ source: SchemaSource) {
    for keyword in ["$id", "$schema", "$anchor", "$dynamicAnchor"] {
      guard let value = source.object[keyword] else { continue }
      guard let text = value.stringValue else {
        mistake(source, keyword, "\(keyword) is not a string", "write it in double quotes")
        continue
      }
      if keyword == "$id", URIReference(text).fragment?.isEmpty == false {
        mistake(
          source, keyword, "$id has a fragment", "remove what is behind the #, or use $anchor")
      }
      if keyword.hasSuffix("nchor"), !Self.isAnchor(text) {
        mistake(
          source, keyword, "\(Excerpt.quoted(text)) is not a name for an anchor",
          "begin with a letter, then letters, digits, hyphens, dots and underscores")
      }
    }
    _ = schemaMap("$defs", source)
  }

  /// JSON Schema core, 8.2.2.
  private static func isAnchor(_ text: String) -> Bool {
    guard let first = text.utf8.first, first.isLetter || first == UInt8(ascii: "_") else {
      return false
    }
    return text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-._".utf8.contains($0) }
  }

  /// A schema that leads back to itself without going into the value would never come to an end.
  private mutating func reportEndlessReferences(_ nodes: [SchemaNode]) {
    let places = Dictionary(uniqueKeysWithValues: numbers.map { ($0.value, $0.key) })
    for cycle in EndlessReferences(nodes: nodes).starts {
      guard let place = places[cycle] else { continue }
      mistake(
        at: place, "this schema refers to itself for one and the same value, without end",
        "refer to it from a property or an item")
    }
  }
}
