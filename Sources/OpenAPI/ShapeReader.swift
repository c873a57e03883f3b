// SPDX-License-Identifier: Apache-2.0
import JSON

/// Reads a schema for what it declares, following every `$ref`.
struct ShapeReader {
  let loader: DocumentLoader

  /// No document of use nests deeper; also the end of schemas that contain themselves in ever new
  /// ways.
  private static let maximumDepth = 40

  func shape(_ node: DocumentNode) -> Shape {
    declared(node, following: [], depth: 0).shape
  }

  /// A shape in the making: what a schema says itself goes before what it refers to.
  private struct Declared {
    var types: Shape.Types?
    var format: String?
    var defaultValue: JSONValue?
    var items: Shape?
    var properties: [Shape.Property] = []
    var additionalProperties: Shape?

    mutating func fill(from other: Declared) {
      types = types ?? other.types
      format = format ?? other.format
      defaultValue = defaultValue ?? other.defaultValue
      items = items ?? other.items
      additionalProperties = additionalProperties ?? other.additionalProperties
      for property in other.properties
      where !properties.contains(where: { $0.name.hasSameBytes(as: property.name) }) {
        properties.append(property)
      }
    }

    var shape: Shape {
      Shape(
        types: types ?? [], format: format, defaultValue: defaultValue, items: items,
        properties: properties,
        additionalProperties: additionalProperties)
    }
  }

  private func declared(_ node: DocumentNode, following: Set<String>, depth: Int) -> Declared {
    guard depth < Self.maximumDepth, !following.contains(node.identity),
      node.value.objectValue != nil
    else {
      return Declared()
    }
    let following = following.union([node.identity])
    func inner(_ node: DocumentNode) -> Shape {
      declared(node, following: following, depth: depth + 1).shape
    }
    var result = Declared()
    result.types = types(node["type"])
    result.format = node["format"]?.value.stringValue
    result.defaultValue = node["default"]?.value
    if let items = node["items"], items.value.objectValue != nil { result.items = inner(items) }
    if let properties = node["properties"] {
      result.properties = properties.members.map {
        Shape.Property(name: $0.name, shape: inner($0.node))
      }
    }
    if let additional = node["additionalProperties"], additional.value.objectValue != nil {
      result.additionalProperties = inner(additional)
    }
    // A reference that leads nowhere is reported by the compiler of schemas, which also knows
    // anchors.
    if let reference = node["$ref"], let target = loader.follow(reference, isReported: false) {
      result.fill(from: declared(target, following: following, depth: depth + 1))
    }
    for part in node["allOf"]?.items ?? [] {
      result.fill(from: declared(part, following: following, depth: depth + 1))
    }
    return result
  }

  private func types(_ node: DocumentNode?) -> Shape.Types? {
    guard let node else { return nil }
    let names = node.value.stringValue.map { [$0] } ?? node.items.compactMap(\.value.stringValue)
    return names.reduce(into: Shape.Types()) { $0.formUnion(Self.types[$1] ?? []) }
  }

  private static let types: [String: Shape.Types] = [
    "null": .null, "boolean": .boolean, "integer": .integer, "number": .number, "string": .string,
    "array": .array,
    "object": .object,
  ]
}
