// SPDX-License-Identifier: Apache-2.0
package import JSON

/// What a schema may ask for beyond the letter of JSON Schema 2020-12.
package struct SchemaOptions: Sendable {
  /// Whether `format` refuses values; else it only describes them, as the standard's default is.
  package var assertsFormats: Bool
  /// Whether a keyword that nobody knows is a mistake. `x-` keywords and OpenAPI's are known.
  package var refusesUnknownKeywords: Bool

  package init(assertsFormats: Bool = true, refusesUnknownKeywords: Bool = false) {
    self.assertsFormats = assertsFormats
    self.refusesUnknownKeywords = refusesUnknownKeywords
  }
}

/// The documents among which `$ref` finds its targets, and the way from one of their places to a
/// compiled `Schema`.
///
/// Nothing is fetched: what was not added does not exist, but for the metaschemas of JSON Schema
/// 2020-12, which are always there.
package struct SchemaRegistry: Sendable {
  private var index = SchemaIndex()
  private let options: SchemaOptions

  package init(options: SchemaOptions = SchemaOptions()) {
    self.options = options
  }

  /// Adds a document.
  ///
  /// - Parameters:
  ///   - uri: its base URI, absolute or relative (`apis/common.yaml`); `$ref`s are resolved against
  ///     it.
  ///   - isSchema: `true` when the document is a schema from its root on, so that `$id` and
  ///     `$anchor`
  ///     are found in all of it; `false` for an OpenAPI document, which only has schemas in places.
  package mutating func add(_ document: JSONValue, uri: String, isSchema: Bool = true) {
    index.add(document, uri: uri, isSchema: isSchema)
  }

  /// Compiles the schema at `pointer` of the document added as `uri`, and all it refers to.
  ///
  /// - Throws: every mistake in it and in what it refers to.
  package func compile(
    _ pointer: JSONPointer = .root, in uri: String
  ) throws(SchemaMistakes) -> Schema {
    var compiler = SchemaCompiler(index: index, options: options)
    return try compiler.compile(pointer, in: uri)
  }
}

extension Schema {
  /// Compiles a schema that stands alone, `uri` being its base URI.
  ///
  /// - Throws: every mistake in it.
  package init(
    compiling document: JSONValue, uri: String = "schema.json",
    options: SchemaOptions = SchemaOptions()
  ) throws(SchemaMistakes) {
    var registry = SchemaRegistry(options: options)
    registry.add(document, uri: uri)
    self = try registry.compile(in: uri)
  }
}
