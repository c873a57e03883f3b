// SPDX-License-Identifier: Apache-2.0
import JSON

/// Reads the parameters of an operation.
struct ParameterReader {
  let loader: DocumentLoader
  let schemas: DocumentSchemas

  /// The parameters of the path item and of the operation; the operation's own replace those of the
  /// same name.
  func read(shared: DocumentNode?, own: DocumentNode?, path: PathTemplate, operation: DocumentNode)
    -> [Parameter]
  {
    var parameters: [Parameter] = []
    for list in [shared, own] {
      guard let list else { continue }
      guard list.value.arrayValue != nil else {
        loader.report(list, "is not a list", remedy: "Write one item for each parameter.")
        continue
      }
      var names: Set<String> = []
      for node in list.items {
        guard let parameter = read(node, path: path) else { continue }
        if !names.insert("\(parameter.location) \(parameter.name)").inserted {
          loader.report(
            node, "is a second parameter of the same name", remedy: "Remove or rename one of them.")
        }
        parameters.removeAll {
          $0.location == parameter.location && $0.name.hasSameBytes(as: parameter.name)
        }
        parameters.append(parameter)
      }
    }
    for name in path.parameterNames
    where !parameters.contains(where: { $0.location == .path && $0.name == name }) {
      loader.report(
        operation, "does not declare the path parameter \(name)",
        remedy: "Add it under parameters with in: path, required: true and a schema.")
    }
    return parameters
  }

  private func read(_ member: DocumentNode, path: PathTemplate) -> Parameter? {
    guard let node = loader.resolve(member) else { return nil }
    KnownMembers.parameter.check(node, loader)
    guard let name = node["name"]?.value.stringValue, !name.isEmpty else {
      loader.report(node, "has no name", remedy: "Add name as a string.")
      return nil
    }
    guard let location = node["in"]?.value.stringValue.flatMap(Parameter.Location.init) else {
      loader.report(
        node["in"] ?? node, "does not say where the parameter is",
        remedy: "Write in: path, in: query or in: header; WeChat Pay uses no cookies.")
      return nil
    }
    if location == .header, ["accept", "content-type", "authorization"].contains(name.lowercased())
    {
      loader.report(
        node, "declares the header \(name), which OpenAPI ignores here",
        remedy: "Remove it; the gateway sets it.")
      return nil
    }
    if location == .path {
      checkPathParameter(node, name: name, path: path)
    }
    guard let schema = node["schema"] else {
      loader.report(
        node, "has no schema", remedy: "Add a schema; content is not supported for parameters.")
      return nil
    }
    let shape = ShapeReader(loader: loader).shape(schema)
    guard let form = form(of: shape, node: node, schema: schema, location: location) else {
      return nil
    }
    return Parameter(
      name: name, location: location,
      isRequired: location == .path || node["required"]?.value.boolValue == true,
      form: form, schema: schemas.compile(schema))
  }

  private func checkPathParameter(_ node: DocumentNode, name: String, path: PathTemplate) {
    if node["required"]?.value.boolValue != true {
      loader.report(node, "is in the path and not required", remedy: "Add required: true.")
    }
    if !path.parameterNames.contains(name) {
      loader.report(
        node, "is not in the path \(path.text)",
        remedy: "Write {\(name)} as a segment of the path, or remove it.")
    }
  }

  /// How the parameter is written, by the type its schema declares and the default style of its
  /// place.
  private func form(
    of shape: Shape, node: DocumentNode, schema: DocumentNode, location: Parameter.Location
  ) -> ValueForm? {
    let style = location == .query ? "form" : "simple"
    if let stated = node["style"], stated.value.stringValue != style {
      loader.report(
        stated, "is not the style of a \(location.rawValue) parameter",
        remedy: "Leave it out; \(style) is the default and the only one supported.")
    }
    let explode = node["explode"]?.value.boolValue ?? (location == .query)
    if shape.types == .array {
      guard let item = shape.items.flatMap(scalarForm) else {
        loader.report(
          schema, "is a list of what no parameter can hold",
          remedy: "Declare items with type string, integer, number or boolean.")
        return nil
      }
      return .list(item, exploded: location == .query && explode)
    }
    guard let scalar = scalarForm(shape) else {
      loader.report(
        schema, "is not a type that a parameter can have",
        remedy: "Declare type string, integer, number, boolean, or an array of one of them.")
      return nil
    }
    return .one(scalar)
  }

  /// A schema that declares no type is taken for text.
  private func scalarForm(_ shape: Shape) -> ScalarForm? {
    switch shape.types {
    case [], .string: .string
    case .integer: .integer
    case .number: .number
    case .boolean: .boolean
    default: nil
    }
  }
}
