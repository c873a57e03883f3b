// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A schema as it is written, seen through the vocabularies that its metaschema switches on.
struct SchemaSource {
  let location: SchemaLocation
  let object: JSONObject
  let resource: Int
  let dialect: Dialect
  let options: SchemaOptions

  /// The vocabularies in force; `nil` for all of them.
  struct Dialect {
    let vocabularies: Set<SchemaKeyword.Vocabulary>?
  }

  /// The value of a keyword, `nil` when it is absent or its vocabulary is not in force.
  subscript(keyword: String) -> JSONValue? {
    guard let value = object[keyword] else { return nil }
    guard let active = dialect.vocabularies else { return value }
    guard let vocabulary = SchemaKeyword.vocabulary[keyword] else { return value }
    if vocabulary == .core || active.contains(vocabulary) { return value }
    return vocabulary == .formatAnnotation && active.contains(.formatAssertion) ? value : nil
  }

  var assertsFormats: Bool {
    options.assertsFormats || dialect.vocabularies?.contains(.formatAssertion) == true
  }
}

extension SchemaCompiler {
  /// The vocabularies of the metaschema that a resource names in `$schema`: core, 8.1.2.
  /// Metaschemas without a list of vocabularies, and those that are not among the documents, switch
  /// all on.
  mutating func dialect(of resource: Int) -> SchemaSource.Dialect {
    guard let uri = index.resources[resource].dialect, uri != Metaschema.uri,
      let number = try? index.resourceNumber(of: URIReference(uri).withoutFragment),
      let listed = index.value(at: index.resources[number].root)?["$vocabulary"]?.objectValue
    else { return SchemaSource.Dialect(vocabularies: nil) }
    return SchemaSource.Dialect(
      vocabularies: Set(listed.members.compactMap { SchemaKeyword.Vocabulary(uri: $0.name) }))
  }

  /// A subschema.
  mutating func schema(_ keyword: String, _ source: SchemaSource) -> Int? {
    source[keyword] == nil ? nil : node(at: source.location.appending(keyword))
  }

  /// A list of subschemas, `nil` when it is absent.
  mutating func schemas(_ keyword: String, _ source: SchemaSource) -> [Int]? {
    guard let value = source[keyword] else { return nil }
    guard let items = value.arrayValue, !items.isEmpty else {
      mistake(
        source, keyword, "\(keyword) is not a list of schemas", "write at least one in an array")
      return nil
    }
    let place = source.location.appending(keyword)
    return items.indices.map { node(at: place.appending($0)) }
  }

  /// Subschemas by name.
  mutating func schemaMap(
    _ keyword: String, _ source: SchemaSource
  ) -> [(name: String, schema: Int)] {
    guard let value = source[keyword] else { return [] }
    guard let object = value.objectValue else {
      mistake(
        source, keyword, "\(keyword) is not an object", "write names, each with its schema")
      return []
    }
    let place = source.location.appending(keyword)
    return object.members.map { ($0.name, node(at: place.appending($0.name))) }
  }

  /// A count or length. One beyond 64 bits allows everything, or nothing.
  mutating func count(_ keyword: String, _ source: SchemaSource) -> Int? {
    guard let value = source[keyword] else { return nil }
    guard let number = value.numberValue, number.isInteger, !(number < JSONNumber(0)) else {
      mistake(
        source, keyword, "\(keyword) is not a whole number", "write a number from 0 upwards")
      return nil
    }
    return number.intValue ?? .max
  }

  /// `true` or `false`; absent is `false`.
  mutating func flag(_ keyword: String, _ source: SchemaSource) -> Bool {
    guard let value = source[keyword] else { return false }
    if value.boolValue == nil {
      mistake(source, keyword, "\(keyword) is not a boolean", "write true or false")
    }
    return value.boolValue ?? false
  }

  /// A list of member names; absent is empty.
  mutating func names(_ keyword: String, _ source: SchemaSource) -> [String] {
    source[keyword].map { names($0, source, keyword) } ?? []
  }

  mutating func names(
    _ value: JSONValue, _ source: SchemaSource, _ keyword: String, name: String? = nil
  ) -> [String] {
    let names = value.arrayValue?.compactMap(\.stringValue)
    guard let names, names.count == value.arrayValue?.count else {
      let hint =
        keyword == "required" && value.boolValue != nil
        ? "list the required members in the schema of the object around it"
        : "write the names as strings in an array"
      mistake(source, keyword, name: name, "\(keyword) is not a list of member names", hint)
      return []
    }
    return names
  }
}
