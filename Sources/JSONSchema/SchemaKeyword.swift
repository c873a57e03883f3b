// SPDX-License-Identifier: Apache-2.0

/// The keywords of JSON Schema 2020-12 and those that OpenAPI 3.1 adds.
enum SchemaKeyword {
  /// How subschemas stand in a keyword's value.
  enum Subschemas: Sendable {
    case one, list, map
  }

  /// A set of keywords that a metaschema can switch on and off; core cannot be off.
  enum Vocabulary: String, Sendable, CaseIterable {
    case core, applicator, unevaluated, validation
    case metaData = "meta-data"
    case formatAnnotation = "format-annotation"
    case formatAssertion = "format-assertion"
    case content

    /// The vocabulary with this URI.
    init?(uri: String) {
      let prefix = "https://json-schema.org/draft/2020-12/vocab/"
      guard uri.hasPrefix(prefix) else { return nil }
      self.init(rawValue: String(uri.dropFirst(prefix.count)))
    }
  }

  static let subschemas: [String: Subschemas] = [
    "$defs": .map, "properties": .map, "patternProperties": .map, "dependentSchemas": .map,
    "allOf": .list, "anyOf": .list, "oneOf": .list, "prefixItems": .list,
    "additionalProperties": .one, "propertyNames": .one, "unevaluatedProperties": .one,
    "items": .one, "contains": .one, "unevaluatedItems": .one, "contentSchema": .one,
    "not": .one, "if": .one, "then": .one, "else": .one,
  ]

  /// The vocabulary of each keyword that is compiled or has subschemas.
  static let vocabulary: [String: Vocabulary] = {
    var table: [String: Vocabulary] = [:]
    let names: [(Vocabulary, [String])] = [
      (
        .core,
        [
          "$id", "$schema", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$defs", "$comment",
          "$vocabulary",
        ]
      ),
      (
        .applicator,
        [
          "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "properties",
          "patternProperties", "additionalProperties", "propertyNames", "prefixItems", "items",
          "contains",
        ]
      ),
      (.unevaluated, ["unevaluatedProperties", "unevaluatedItems"]),
      (
        .validation,
        [
          "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
          "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems",
          "uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties",
          "required", "dependentRequired",
        ]
      ),
      (
        .metaData,
        ["title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples"]
      ),
      (.formatAnnotation, ["format"]),
      (.content, ["contentEncoding", "contentMediaType", "contentSchema"]),
    ]
    for (vocabulary, names) in names {
      for name in names { table[name] = vocabulary }
    }
    return table
  }()

  /// OpenAPI 3.1.1, 4.8.24: the base vocabulary, annotations all of them.
  static let openAPI: Set<String> = ["discriminator", "xml", "externalDocs", "example"]

  /// What to write instead of keywords of other drafts and of OpenAPI 3.0.
  static let replacements: [String: String] = [
    "nullable": #"add "null" to type, as in "type": ["string", "null"]"#,
    "id": "write $id", "definitions": "write $defs",
    "dependencies": "write dependentRequired or dependentSchemas",
    "additionalItems": "write items, and prefixItems for the items before",
    "$recursiveRef": "write $dynamicRef", "$recursiveAnchor": "write $dynamicAnchor",
  ]

  /// A known keyword that `name` may be a slip of the pen for.
  static func nearest(to name: String) -> String? {
    vocabulary.keys.map { (distance(name, $0), $0) }.filter { $0.0 <= 2 }.min { $0 < $1 }?.1
  }

  /// Levenshtein's distance.
  private static func distance(_ a: String, _ b: String) -> Int {
    let b = Array(b.lowercased().utf8)
    var row = Array(0...b.count)
    for (i, x) in a.lowercased().utf8.prefix(32).enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let substituted = diagonal + (x == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
}
