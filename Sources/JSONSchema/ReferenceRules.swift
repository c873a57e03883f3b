// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `$ref` and `$dynamicRef`: core vocabulary, 8.2.3.
final class ReferenceRules: Sendable {
  let targets: [Int]
  /// The name is looked for in the dynamic scope; `fallback` is its target when it is not there.
  let dynamic: (name: String, fallback: Int)?

  init(
    targets: [Int], dynamic: (name: String, fallback: Int)?
  ) {
    self.targets = targets
    self.dynamic = dynamic
  }

  func check(
    _ value: JSONValue, _ run: inout Validation, marking seen: inout Evaluated?
  ) -> Bool {
    var isValid = true
    for target in targets where !run.apply(target, to: value, marking: &seen) { isValid = false }
    if let dynamic {
      let target = run.dynamicTarget(dynamic.name, otherwise: dynamic.fallback)
      if !run.apply(target, to: value, marking: &seen) { isValid = false }
    }
    return isValid
  }
}

extension SchemaCompiler {
  mutating func referenceRules(_ source: SchemaSource) -> ReferenceRules? {
    var targets: [Int] = []
    if let (_, node) = target("$ref", source) { targets.append(node) }
    var dynamic: (name: String, fallback: Int)?
    if let (location, node) = target("$dynamicRef", source) {
      // Only what a `$dynamicAnchor` of that name bookends is dynamic; else it is a plain `$ref`.
      let name = source["$dynamicRef"]?.stringValue.flatMap { URIReference($0).decodedFragment }
      let anchor = index.value(at: location)?["$dynamicAnchor"]?.stringValue
      if let name, let anchor, name.hasSameBytes(as: anchor) {
        dynamic = (name, node)
        dynamicNames.insert(name)
      } else {
        targets.append(node)
      }
    }
    guard !targets.isEmpty || dynamic != nil else { return nil }
    return ReferenceRules(targets: targets, dynamic: dynamic)
  }

  private mutating func target(
    _ keyword: String, _ source: SchemaSource
  ) -> (SchemaLocation, Int)? {
    guard let value = source[keyword] else { return nil }
    guard let reference = value.stringValue else {
      mistake(source, keyword, "\(keyword) is not a string", "write a URI reference")
      return nil
    }
    do throws(SchemaIndex.Failure) {
      let location = try index.resolve(reference, from: source.resource)
      return (location, node(at: location))
    } catch {
      let (message, remedy) = explain(error)
      mistake(source, keyword, "\(Excerpt.quoted(reference)) leads nowhere: \(message)", remedy)
      return nil
    }
  }

  private func explain(_ failure: SchemaIndex.Failure) -> (String, String) {
    switch failure {
    case .unknownDocument(let uri):
      (
        "there is no document \(Excerpt.quoted(uri))",
        "correct the name, or add that document to the list"
      )
    case .unknownPlace(let pointer):
      ("the document has nothing at \(pointer)", "correct the path behind the #")
    case .unknownAnchor(let name):
      ("no schema has the $anchor \(Excerpt.quoted(name))", "correct the name behind the #")
    case .badFragment(let fragment):
      (
        "\(Excerpt.quoted(fragment)) is not a JSON Pointer",
        "write it as #/components/schemas/Name"
      )
    }
  }
}
