// SPDX-License-Identifier: Apache-2.0
import JSON

/// Puts the documents together into one, as callers of the gateway see it: every operation with its
/// references brought into one `components`, the gateway's headers and its error shape, and no `x-`
/// members.
struct PublishedDocument {
  private let loader: DocumentLoader
  /// By section and name, in the order of first use.
  private var components: [(section: String, name: String, value: JSONValue)] = []
  /// The name that stands for a node, by section and the node's identity.
  private var names: [String: String] = [:]

  /// - Parameter found: every operation with the node that describes it.
  /// - Returns: the document without `servers`.
  static func merge(
    _ documents: [SourceDocument], _ found: [(operation: Operation, node: DocumentNode)],
    loader: DocumentLoader
  ) -> JSONValue {
    var merger = PublishedDocument(loader: loader)
    for (section, name, value) in GatewayComponents.all {
      merger.names["\(section) \(name)"] = name
      merger.components.append((section, name, value))
    }
    return merger.document(documents, found)
  }

  private init(loader: DocumentLoader) {
    self.loader = loader
  }

  private mutating func document(
    _ documents: [SourceDocument], _ found: [(operation: Operation, node: DocumentNode)]
  ) -> JSONValue {
    var paths = JSONObject()
    for (operation, node) in found {
      var item = paths[operation.template]?.objectValue ?? JSONObject()
      item[operation.method.lowercased()] = published(operation, node)
      paths[operation.template] = .object(item)
    }
    var document = JSONObject()
    document["openapi"] = "3.1.0"
    document["info"] = info(of: documents)
    let tags = self.tags(of: documents)
    if !tags.isEmpty { document["tags"] = .array(tags) }
    document["paths"] = .object(paths)
    var sections = JSONObject()
    for component in components {
      var section = sections[component.section]?.objectValue ?? JSONObject()
      section[component.name] = component.value
      sections[component.section] = .object(section)
    }
    document["components"] = .object(sections)
    document["security"] = [[:], ["GatewayToken": []]]
    return .object(document)
  }

  private func info(of documents: [SourceDocument]) -> JSONValue {
    let parts = documents.compactMap { document -> String? in
      guard let title = document.root["info"]?["title"]?.stringValue else { return nil }
      guard let version = document.root["info"]?["version"]?.stringValue else {
        return "- \(title)"
      }
      return "- \(title), version \(version)"
    }
    return [
      "title": "WeChat Pay through wxpay-gateway", "version": "1",
      "description": .string(
        "Plain JSON in, at the paths of WeChat Pay; the gateway signs, sends, verifies and answers in one form.\n\n"
          + parts.joined(separator: "\n")),
    ]
  }

  private func tags(of documents: [SourceDocument]) -> [JSONValue] {
    var tags: [JSONValue] = []
    for tag in documents.flatMap({ $0.root["tags"]?.arrayValue ?? [] })
    where !tags.contains(where: { $0["name"] == tag["name"] }) {
      tags.append(Self.withoutExtensions(tag))
    }
    return tags
  }

  // MARK: operations

  private mutating func published(_ operation: Operation, _ node: DocumentNode) -> JSONValue {
    var result = JSONObject()
    for name in ["tags", "summary", "deprecated"] {
      if let member = node[name] { result[name] = member.value }
    }
    let description = [node["description"]?.value.stringValue, operation.callersNote]
      .compactMap(\.self).joined(separator: "\n")
    if !description.isEmpty { result["description"] = .string(description) }
    result["operationId"] = .string(Self.identifier(operation.id))
    result["parameters"] = .array(parameters(of: node))
    if let body = node["requestBody"] {
      result["requestBody"] = reference(or: body, section: "requestBodies") { $0.requestBody($1) }
    }
    result["responses"] = responses(of: node, operation)
    return .object(result)
  }

  /// The path item's parameters and the operation's own, then the gateway's headers.
  private mutating func parameters(of node: DocumentNode) -> [JSONValue] {
    let itemPointer = JSONPointer(tokens: node.pointer.tokens.dropLast())
    let shared = itemPointer.evaluate(on: node.document.root).flatMap {
      DocumentNode(node.document, pointer: itemPointer, value: $0)["parameters"]
    }
    var nodes: [DocumentNode] = []
    for parameter in (shared?.items ?? []) + (node["parameters"]?.items ?? []) {
      let key = loader.resolve(parameter)
      nodes.removeAll {
        let other = loader.resolve($0)
        return other?["name"]?.value == key?["name"]?.value
          && other?["in"]?.value == key?["in"]?.value
      }
      nodes.append(parameter)
    }
    var result: [JSONValue] = []
    for parameter in nodes {
      result.append(reference(or: parameter, section: "parameters") { $0.withSchemas($1) })
    }
    return result + GatewayComponents.parameterReferences
  }

  private mutating func responses(of node: DocumentNode, _ operation: Operation) -> JSONValue {
    var result = JSONObject()
    for (status, member) in node["responses"]?.members ?? []
    where status.hasPrefix("2") {
      guard let response = loader.resolve(member), case .object(var value) = withSchemas(response)
      else { continue }
      value["headers"] = GatewayComponents.headers(
        isRepeatable: operation.hasRequestNumber, documented: value["headers"])
      result[status] = .object(value)
    }
    result["default"] = ["$ref": "#/components/responses/GatewayProblem"]
    return .object(result)
  }

  private mutating func requestBody(_ node: DocumentNode) -> JSONValue {
    withSchemas(node)
  }

  // MARK: references

  /// A reference to the component that stands for what `node` refers to, or the node itself,
  /// published.
  private mutating func reference(
    or node: DocumentNode, section: String,
    publish: (inout PublishedDocument, DocumentNode) -> JSONValue
  ) -> JSONValue {
    guard let text = node["$ref"], let target = loader.follow(text, isReported: false) else {
      return publish(&self, node)
    }
    return ["$ref": .string(component(target, section: section, publish: publish))]
  }

  private mutating func component(
    _ target: DocumentNode, section: String,
    publish: (inout PublishedDocument, DocumentNode) -> JSONValue
  ) -> String {
    let key = "\(section) \(target.identity)"
    if let known = names[key] { return "#/components/\(section)/\(known)" }
    let wanted = Self.identifier(target.pointer.tokens.last ?? "Document")
    var name = wanted
    var count = 1
    while components.contains(where: { $0.section == section && $0.name == name }) {
      count += 1
      name = "\(wanted)_\(count)"
    }
    names[key] = name
    let index = components.count
    components.append((section, name, .null))
    components[index].value =
      target["$ref"] != nil && section != "schemas"
      ? reference(or: target, section: section, publish: publish) : publish(&self, target)
    return "#/components/\(section)/\(name)"
  }

  /// What a component may be called, and an operation.
  private static func identifier(_ text: String) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "_" })
  }

  // MARK: values

  /// A parameter, header, body or response: its schemas, examples and media types in turn.
  private mutating func withSchemas(_ node: DocumentNode) -> JSONValue {
    guard node.value.objectValue != nil else { return node.value }
    var result = JSONObject()
    for (name, member) in node.members where !name.hasPrefix("x-") {
      switch name {
      case "schema": result[name] = schema(member)
      case "content", "headers":
        var inner = JSONObject()
        for (key, value) in member.members {
          inner[key] =
            name == "headers"
            ? reference(or: value, section: "headers") { $0.withSchemas($1) } : withSchemas(value)
        }
        result[name] = .object(inner)
      case "examples":
        var inner = JSONObject()
        for (key, value) in member.members {
          inner[key] = reference(or: value, section: "examples") { $1.value }
        }
        result[name] = .object(inner)
      case "links": break
      default: result[name] = member.value
      }
    }
    return .object(result)
  }

  private mutating func schema(_ node: DocumentNode) -> JSONValue {
    guard node.value.objectValue != nil else { return node.value }
    var result = JSONObject()
    for (name, member) in node.members {
      switch name {
      case "$ref":
        if let target = loader.follow(member, isReported: false) {
          result[name] = .string(component(target, section: "schemas") { $0.schema($1) })
        } else {
          result[name] = member.value
        }
      case "properties", "patternProperties", "$defs", "dependentSchemas":
        var inner = JSONObject()
        for (key, value) in member.members { inner[key] = schema(value) }
        result[name] = .object(inner)
      case "allOf", "anyOf", "oneOf", "prefixItems":
        var items: [JSONValue] = []
        for item in member.items { items.append(schema(item)) }
        result[name] = .array(items)
      case "items", "additionalProperties", "not", "if", "then", "else", "contains",
        "propertyNames",
        "unevaluatedItems", "unevaluatedProperties", "contentSchema":
        result[name] = schema(member)
      case _ where name.hasPrefix("x-"): break
      default: result[name] = member.value
      }
    }
    return .object(result)
  }

  private static func withoutExtensions(_ value: JSONValue) -> JSONValue {
    guard case .object(let object) = value else { return value }
    return .object(JSONObject(object.members.filter { !$0.name.hasPrefix("x-") }))
  }
}

extension Operation {
  /// What a caller should know that no schema says.
  fileprivate var callersNote: String? {
    var notes: [String] = []
    switch requestNumberLocation {
    case .body(let pointer):
      notes.append(
        "The request number is `\(pointer)` in the body: the same number with the same content is answered once."
      )
    case .query(let name):
      notes.append(
        "The request number is the parameter `\(name)`: the same number with the same content is answered once."
      )
    case nil: break
    }
    if let limit = rateLimit {
      notes.append("At most \(limit.limit) requests in \(limit.period) for a merchant.")
    }
    return notes.isEmpty ? nil : notes.joined(separator: "\n")
  }
}
