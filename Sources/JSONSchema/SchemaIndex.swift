// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A place in one of the documents.
struct SchemaLocation: Sendable, Hashable {
  let document: Int
  let pointer: JSONPointer

  func appending(_ name: String) -> SchemaLocation {
    SchemaLocation(document: document, pointer: pointer.appending(name))
  }

  func appending(_ index: Int) -> SchemaLocation {
    SchemaLocation(document: document, pointer: pointer.appending(index))
  }
}

/// Which schema stands where and under which names: JSON Schema 2020-12 core, 8.2 and 9.
struct SchemaIndex: Sendable {
  /// A schema with a URI of its own: a document's root or a schema with `$id`.
  struct Resource: Sendable {
    let uri: URIReference
    let root: SchemaLocation
    var anchors: [String: SchemaLocation] = [:]
    var dynamicAnchors: [String: SchemaLocation] = [:]
    /// `$schema`, its own or that of the resource around it.
    var dialect: String?
  }

  private(set) var documents: [(uri: String, value: JSONValue)] = []
  private(set) var resources: [Resource] = []
  private var resourceByURI: [String: Int] = [:]
  /// Filled for every schema that has been scanned.
  private var resourceByLocation: [SchemaLocation: Int] = [:]

  mutating func add(_ document: JSONValue, uri: String, isSchema: Bool) {
    let root = SchemaLocation(document: documents.count, pointer: .root)
    documents.append((uri, document))
    let resource = addResource(uri: URIReference(uri), root: root, dialect: nil)
    if isSchema { scan(root, document, resource: resource) }
  }

  private mutating func addResource(
    uri: URIReference, root: SchemaLocation, dialect: String?
  ) -> Int {
    resources.append(Resource(uri: uri, root: root, dialect: dialect))
    resourceByURI[uri.withoutFragment] = resources.count - 1
    return resources.count - 1
  }

  /// Walks a schema and its subschemas, and notes what can be referred to by name.
  private mutating func scan(_ location: SchemaLocation, _ value: JSONValue, resource: Int) {
    guard resourceByLocation[location] == nil else { return }
    guard case .object(let schema) = value else {
      resourceByLocation[location] = resource
      return
    }
    var resource = resource
    let dialect = schema["$schema"]?.stringValue
    if let id = schema["$id"]?.stringValue {
      let uri = URIReference(id).resolved(against: resources[resource].uri)
      resource = addResource(
        uri: uri, root: location, dialect: dialect ?? resources[resource].dialect)
    } else if let dialect, resources[resource].root == location {
      resources[resource].dialect = dialect
    }
    resourceByLocation[location] = resource
    if let name = schema["$anchor"]?.stringValue { resources[resource].anchors[name] = location }
    if let name = schema["$dynamicAnchor"]?.stringValue {
      resources[resource].anchors[name] = location
      resources[resource].dynamicAnchors[name] = location
    }
    for member in schema.members {
      guard let shape = SchemaKeyword.subschemas[member.name] else { continue }
      let place = location.appending(member.name)
      switch (shape, member.value) {
      case (.one, let value): scan(place, value, resource: resource)
      case (.list, .array(let items)):
        for (index, item) in items.enumerated() {
          scan(place.appending(index), item, resource: resource)
        }
      case (.map, .object(let map)):
        for member in map.members {
          scan(place.appending(member.name), member.value, resource: resource)
        }
      default: break
      }
    }
  }

  // MARK: Finding

  enum Failure: Error {
    case unknownDocument(String)
    case unknownPlace(JSONPointer)
    case unknownAnchor(String)
    case badFragment(String)
  }

  /// The document added as `uri`.
  func documentNumber(of uri: String) -> Int? {
    documents.lastIndex { $0.uri.hasSameBytes(as: uri) }
  }

  /// What stands at a location.
  func value(at location: SchemaLocation) -> JSONValue? {
    location.pointer.evaluate(on: documents[location.document].value)
  }

  /// The resource that a schema belongs to. A place that was not known as a schema, because it is
  /// in an OpenAPI document or below an unknown keyword, becomes known as one.
  mutating func resource(of location: SchemaLocation) -> Int {
    if let known = resourceByLocation[location] { return known }
    var tokens = location.pointer.tokens
    var resource: Int?
    while resource == nil, !tokens.isEmpty {
      tokens.removeLast()
      resource =
        resourceByLocation[
          SchemaLocation(document: location.document, pointer: JSONPointer(tokens: tokens))]
    }
    let around = resource ?? resources.firstIndex { $0.root.document == location.document } ?? 0
    if let value = value(at: location) { scan(location, value, resource: around) }
    return resourceByLocation[location] ?? around
  }

  /// The target of a reference in a schema of `resource`.
  mutating func resolve(
    _ reference: String, from resource: Int
  ) throws(Failure) -> SchemaLocation {
    let target = URIReference(reference).resolved(against: resources[resource].uri)
    let found = try resources[resourceNumber(of: target.withoutFragment)]
    guard target.fragment?.isEmpty == false else { return found.root }
    guard let fragment = target.decodedFragment else {
      throw .badFragment(target.fragment ?? "")
    }
    guard fragment.utf8.first == UInt8(ascii: "/") else {
      guard let location = found.anchors[fragment] else { throw .unknownAnchor(fragment) }
      return location
    }
    guard let pointer = try? JSONPointer(parsing: fragment) else { throw .badFragment(fragment) }
    let location = SchemaLocation(
      document: found.root.document,
      pointer: JSONPointer(tokens: found.root.pointer.tokens + pointer.tokens))
    guard value(at: location) != nil else { throw .unknownPlace(location.pointer) }
    return location
  }

  /// The resource called `uri`; one of the metaschemas is added when it is first asked for.
  mutating func resourceNumber(of uri: String) throws(Failure) -> Int {
    if let known = resourceByURI[uri] { return known }
    guard let metaschema = Metaschema.document(uri) else { throw .unknownDocument(uri) }
    add(metaschema, uri: uri, isSchema: true)
    guard let added = resourceByURI[uri] else { throw .unknownDocument(uri) }
    return added
  }
}
