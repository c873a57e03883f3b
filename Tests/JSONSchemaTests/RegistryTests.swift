// SPDX-License-Identifier: Apache-2.0
import JSON
import JSONSchema
import Testing

@Suite("References between documents") struct RegistryTests {
  static let api = #"""
    {"openapi":"3.1.0","paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{
      "schema":{"type":"object","properties":{
        "no":{"$ref":"#/components/schemas/No"},
        "money":{"$ref":"shared/common.yaml#/components/schemas/Money"},
        "tree":{"$ref":"#/components/schemas/Tree"}}}}}}}}},
     "components":{"schemas":{"No":{"type":"string"},
       "Tree":{"$id":"tree","$anchor":"root","properties":{"child":{"$ref":"#root"}},"additionalProperties":false}}}}
    """#
  static let common = #"""
    {"components":{"schemas":{"Money":{"properties":{"fen":{"$ref":"#/components/schemas/Fen"},
      "of":{"$ref":"../api.yaml#/components/schemas/No"}}},"Fen":{"type":"integer"}}}}
    """#

  func registry() throws -> SchemaRegistry {
    var registry = SchemaRegistry()
    registry.add(try json(Self.api), uri: "apis/api.yaml", isSchema: false)
    registry.add(try json(Self.common), uri: "apis/shared/common.yaml", isSchema: false)
    return registry
  }

  static let place = JSONPointer(tokens: [
    "paths", "/a", "post", "requestBody", "content", "application/json", "schema",
  ])

  @Test("schemas in places of several documents find each other by relative names")
  func openAPI() throws {
    let body = try registry().compile(Self.place, in: "apis/api.yaml")
    let wrong = body.violations(
      in: ["no": 1, "money": ["fen": "x", "of": 2], "tree": ["child": ["leaf": 1]]])
    #expect(
      wrong.map(\.pointer.description) == ["/no", "/money/fen", "/money/of", "/tree/child/leaf"])
    #expect(body.accepts(["no": "1", "money": ["fen": 5, "of": "x"], "tree": ["child": [:]]]))
  }

  @Test("a mistake in another document is told with that document")
  func otherDocument() throws {
    var registry = SchemaRegistry()
    registry.add(["$ref": "b.json"], uri: "a.json")
    registry.add(["items": ["type": "x"]], uri: "b.json")
    let error = #expect(throws: SchemaMistakes.self) { try registry.compile(in: "a.json") }
    #expect(error?.mistakes.map(\.document) == ["b.json"])
    #expect(error?.mistakes.map(\.pointer.description) == ["/items/type"])
  }

  @Test("a place or document that is not there is a mistake")
  func missing() throws {
    let registry = try registry()
    #expect(throws: SchemaMistakes.self) { try registry.compile(in: "nowhere") }
    #expect(throws: SchemaMistakes.self) {
      try registry.compile(JSONPointer(tokens: ["x"]), in: "apis/api.yaml")
    }
  }

  @Test("dynamic references that only loop on some ways end with a violation")
  func dynamicLoop() throws {
    var registry = SchemaRegistry()
    registry.add(
      ["$id": "http://x/a", "$dynamicAnchor": "n", "allOf": [["$ref": "b"]]], uri: "http://x/a")
    registry.add(
      ["$id": "http://x/b", "$dynamicRef": "#n", "$defs": ["stop": ["$dynamicAnchor": "n"]]],
      uri: "http://x/b")
    #expect(try registry.compile(in: "http://x/b").accepts(1))
    let found = try registry.compile(in: "http://x/a").violations(in: 1)
    #expect(found.map(\.message) == ["is nested too deeply for its schema"])
  }

  @Test("values as deep as the reader allows are judged")
  func deepValues() throws {
    let text = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
    let value = try JSONValue(parsing: Array(text.utf8), maximumDepth: 512)
    let schema = try schema(##"{"type":"array","items":{"$ref":"#"},"maxItems":1}"##)
    // Each level takes two schemas: its own and the reference to it.
    #expect(schema.violations(in: value).map(\.keyword) == ["$ref"])
    let shallow = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try schema.accepts(json(shallow)))
  }

  /// RFC 3986, 5.4, but for the examples that differ in the fragment only.
  @Test(
    "references are resolved as in RFC 3986's examples",
    arguments: [
      ("g:h", "g:h"), ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"),
      ("/g", "http://a/g"), ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"),
      ("g?y", "http://a/b/c/g?y"), (";x", "http://a/b/c/;x"), ("g;x", "http://a/b/c/g;x"),
      (".", "http://a/b/c/"), ("./", "http://a/b/c/"), ("..", "http://a/b/"),
      ("../", "http://a/b/"),
      ("../g", "http://a/b/g"), ("../..", "http://a/"), ("../../g", "http://a/g"),
      ("../../../g", "http://a/g"), ("../../../../g", "http://a/g"), ("/./g", "http://a/g"),
      ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."), (".g", "http://a/b/c/.g"),
      ("g..", "http://a/b/c/g.."), ("./../g", "http://a/b/g"), ("./g/.", "http://a/b/c/g/"),
      ("g/./h", "http://a/b/c/g/h"), ("g/../h", "http://a/b/c/h"), ("g;x=1/../y", "http://a/b/c/y"),
      ("g?y/../x", "http://a/b/c/g?y/../x"),
    ])
  func resolution(reference: String, target: String) throws {
    var registry = SchemaRegistry()
    registry.add(["type": "null"], uri: target)
    registry.add(["properties": ["a": ["$ref": .string(reference)]]], uri: "http://a/b/c/d;p?q")
    let schema = try registry.compile(in: "http://a/b/c/d;p?q")
    #expect(!schema.accepts(["a": 1]))
  }
}
