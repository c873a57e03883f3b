// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `unevaluatedProperties` and `unevaluatedItems`: unevaluated vocabulary, 11. Checked after all
/// other keywords of the schema, for what none of them has looked at.
final class UnevaluatedRules: Sendable {
  let properties: Int?
  let items: Int?
  /// The schema is `false`: for the sake of the message.
  let refusesProperties: Bool
  let refusesItems: Bool

  init(
    properties: Int?, items: Int?, refusesProperties: Bool, refusesItems: Bool
  ) {
    self.properties = properties
    self.items = items
    self.refusesProperties = refusesProperties
    self.refusesItems = refusesItems
  }

  func check(
    _ value: JSONValue, _ run: inout Validation, marking seen: inout Evaluated?
  ) -> Bool {
    var isValid = true
    switch value {
    case .object(let object):
      guard let properties else { break }
      for (index, member) in object.members.enumerated() where seen?.contains(index) == false {
        if refusesProperties {
          isValid = run.fail(
            "unevaluatedProperties", member: member.name,
            "is the member \(Excerpt.quoted(member.name)), which is not allowed")
        } else if !run.apply(properties, toMember: member.name, member.value) {
          isValid = false
        }
      }
      seen?.markAll()
    case .array(let list):
      guard let items else { break }
      for (index, item) in list.enumerated() where seen?.contains(index) == false {
        if refusesItems {
          isValid = run.fail(
            "unevaluatedItems", member: String(index), "is one item too many; it is not allowed")
        } else if !run.apply(items, toItem: index, item) {
          isValid = false
        }
      }
      seen?.markAll()
    default: break
    }
    return isValid
  }
}

extension SchemaCompiler {
  mutating func unevaluatedRules(_ source: SchemaSource) -> UnevaluatedRules? {
    let properties = schema("unevaluatedProperties", source)
    let items = schema("unevaluatedItems", source)
    guard properties != nil || items != nil else { return nil }
    return UnevaluatedRules(
      properties: properties, items: items,
      refusesProperties: source["unevaluatedProperties"]?.boolValue == false,
      refusesItems: source["unevaluatedItems"]?.boolValue == false)
  }
}
