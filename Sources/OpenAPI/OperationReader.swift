// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema

/// Reads one operation of a document.
struct OperationReader {
  let loader: DocumentLoader
  let schemas: DocumentSchemas
  let method: String
  let path: PathTemplate

  /// - Parameter shared: the parameters of the path item, which every operation of it has.
  /// - Returns: `nil` when nothing of use could be read; what is wrong is reported in any case.
  func read(_ node: DocumentNode, shared: DocumentNode?, errorTable: ErrorTable) -> Operation? {
    KnownMembers.operation.check(node, loader)
    guard node.value.objectValue != nil else { return nil }
    let parameters = ParameterReader(loader: loader, schemas: schemas).read(
      shared: shared, own: node["parameters"], path: path, operation: node)
    let body = readBody(node)
    return Operation(
      id: readID(node), method: method, path: path, parameters: parameters, body: body?.body,
      requestNumber: readRequestNumber(node, parameters: parameters, bodyShape: body?.shape),
      rateLimit: RateLimitReader(loader: loader).read(node["x-rate-limit"]),
      responses: readResponses(node),
      errorTable: errorTable)
  }

  private func readID(_ node: DocumentNode) -> String {
    let fallback = "\(method) \(path.text)"
    guard let id = node["operationId"] else { return fallback }
    guard let text = id.value.stringValue, !text.isEmpty else {
      loader.report(id, "is not a name", remedy: "Write a string, or leave it out.")
      return fallback
    }
    return text
  }

  private func readBody(_ node: DocumentNode) -> (body: Operation.Body, shape: Shape)? {
    guard let member = node["requestBody"], let node = loader.resolve(member) else { return nil }
    guard method != "GET" else {
      loader.report(
        member, "gives a GET a body", remedy: "Use query parameters; a GET has no body.")
      return nil
    }
    KnownMembers.requestBody.check(node, loader)
    guard let content = node["content"] else {
      loader.report(
        node, "has no content", remedy: "Add content with application/json and its schema.")
      return nil
    }
    for (type, media) in content.members where type != "application/json" {
      loader.report(
        media, "is a media type that the gateway does not take",
        remedy: "Describe the body as application/json.")
    }
    guard let media = content["application/json"] else {
      loader.report(
        content, "has no application/json", remedy: "Describe the body as application/json.")
      return nil
    }
    KnownMembers.mediaType.check(media, loader)
    guard let schema = media["schema"] else {
      loader.report(media, "has no schema", remedy: "Add a schema; the body is checked by it.")
      return nil
    }
    if let required = node["required"], required.value.boolValue == nil {
      loader.report(
        required, "is neither true nor false", remedy: "Write true when the body must be there.")
    }
    let check = schemas.compile(schema)
    checkExamples(media, by: check)
    return (
      Operation.Body(isRequired: node["required"]?.value.boolValue ?? false, schema: check),
      ShapeReader(loader: loader).shape(schema)
    )
  }

  /// An example that its own schema refuses misleads whoever copies it.
  private func checkExamples(_ media: DocumentNode, by check: SchemaCheck) {
    var examples = media["examples"]?.members.compactMap { loader.resolve($0.node)?["value"] } ?? []
    if let example = media["example"] { examples.append(example) }
    for example in examples {
      for violation in check.violations(in: example.value, limit: 10) {
        loader.report(
          example.document, example.pointer,
          "is an example that the schema refuses: \(violation.pointer) \(violation.message)",
          remedy: "Correct the example or the schema.")
      }
    }
  }

  private func readRequestNumber(
    _ node: DocumentNode, parameters: [Parameter], bodyShape: Shape?
  ) -> RequestNumberLocation? {
    guard let member = node["x-request-number"] else { return nil }
    if let text = member.value.stringValue, text.hasPrefix("/") {
      return bodyLocation(text, member, bodyShape)
    }
    let remedy =
      "Write { in: body, pointer: /NAME } for a member of the body, or { in: query, name: NAME } for a query parameter."
    switch (member["in"]?.value.stringValue, member.members.count) {
    case ("body", 2):
      guard let text = member["pointer"]?.value.stringValue, text.hasPrefix("/") else { break }
      return bodyLocation(text, member, bodyShape)
    case ("query", 2):
      guard let name = member["name"]?.value.stringValue else { break }
      guard
        let parameter = parameters.first(where: {
          $0.location == .query && $0.name.hasSameBytes(as: name)
        }),
        parameter.form == .one(.string)
      else {
        loader.report(
          member, "names the query parameter \(name), which is not declared as a string",
          remedy: "Declare it under parameters with in: query and type: string.")
        return nil
      }
      return .query(name)
    default: break
    }
    loader.report(member, "does not say where the request number is", remedy: remedy)
    return nil
  }

  private func bodyLocation(
    _ text: String, _ member: DocumentNode, _ bodyShape: Shape?
  ) -> RequestNumberLocation? {
    let pointer = try? JSONPointer(parsing: text)
    var shape = bodyShape
    for token in pointer?.tokens ?? [] { shape = shape?.property(named: token) }
    guard let pointer, let shape, shape.types == .string else {
      loader.report(
        member, "points to \(text), which is not declared as a string in the body",
        remedy: "Point to a member that the body's schema declares with type: string.")
      return nil
    }
    return .body(pointer)
  }

  private func readResponses(_ node: DocumentNode) -> ResponseShapes {
    var shapes = ResponseShapes()
    guard let responses = node["responses"], !responses.members.isEmpty else {
      loader.report(
        node, "has no responses",
        remedy: "Describe at least the answer to a success, such as \"200\".")
      return shapes
    }
    for (status, member) in responses.members where !status.hasPrefix("x-") {
      let shape = readResponse(member)
      if status == "default" {
        shapes.fallback = shape
      } else if let code = Int(status), (100...599).contains(code), status.utf8.count == 3 {
        shapes.statuses[code] = .some(shape)
      } else if status.hasSuffix("XX"), let digit = status.first?.wholeNumberValue,
        (1...5).contains(digit),
        status.utf8.count == 3
      {
        shapes.classes[digit] = .some(shape)
      } else {
        loader.report(
          member, "is not a status",
          remedy: "Write a status such as \"200\", a class such as 2XX, or default.")
      }
    }
    return shapes
  }

  private func readResponse(_ member: DocumentNode) -> Shape? {
    guard let node = loader.resolve(member) else { return nil }
    KnownMembers.response.check(node, loader)
    if node["description"]?.value.stringValue == nil {
      loader.report(node, "has no description", remedy: "Add description: what this answer means.")
    }
    guard let media = node["content"]?["application/json"] else { return nil }
    KnownMembers.mediaType.check(media, loader)
    guard let schema = media["schema"] else { return nil }
    _ = schemas.compile(schema)
    return ShapeReader(loader: loader).shape(schema)
  }
}
