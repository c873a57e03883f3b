// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenAPI
import Testing

@Suite("The shapes of answers")
struct ShapeTests {
  @Test("an upload's answer declares lists as lists and counts as numbers")
  func upload() throws {
    let catalog = try Documents.shipped.get()
    let shape = try #require(
      catalog.operations.first { $0.id == "uploadCouponCodes" }?.shape(forStatus: 200))
    #expect(shape.types == .object)
    for name in ["success_codes", "exist_codes", "duplicate_codes", "fail_codes"] {
      #expect(shape.property(named: name)?.types == .array)
      #expect(shape.property(named: name)?.defaultValue == JSONValue.array([]))
    }
    for name in ["total_count", "success_count", "fail_count"] {
      #expect(shape.property(named: name)?.types == .integer)
      #expect(shape.property(named: name)?.defaultValue == 0)
    }
    #expect(shape.property(named: "success_time")?.format == "date-time")
    #expect(shape.property(named: "stock_id")?.types == .string)
    #expect(shape.property(named: "stock_id")?.defaultValue == nil)
    #expect(shape.property(named: "success_codes")?.items?.types == .string)
    #expect(
      shape.property(named: "fail_codes")?.items?.property(named: "coupon_code")?.types == .string)
    #expect(shape.property(named: "nothing") == nil)
  }

  @Test("a status is looked up by itself, its class, then default")
  func statuses() throws {
    let catalog = try Documents.catalog(
      paths: """
        /a:
          get:
            responses:
              "200": { description: d, content: { application/json: { schema: { format: "200" } } } }
              "204": { description: d }
              2XX: { description: d, content: { application/json: { schema: { format: 2XX } } } }
              default: { description: d, content: { application/json: { schema: { format: default } } } }
        """)
    let operation = try #require(catalog.operations.first)
    let formats = [200, 201, 204, 300, 500].map { operation.shape(forStatus: $0)?.format }
    #expect(formats == ["200", "2XX", nil, "default", "default"])
  }

  @Test("another success than the one that is declared has its shape, but for one without content")
  func otherSuccess() throws {
    let catalog = try Documents.catalog(
      paths: """
        /a:
          get:
            responses:
              "200": { description: d, content: { application/json: { schema: { format: "200" } } } }
              "404": { description: d, content: { application/json: { schema: { format: "404" } } } }
        """)
    let operation = try #require(catalog.operations.first)
    let formats = [200, 201, 204, 400].map { operation.shape(forStatus: $0)?.format }
    #expect(formats == ["200", "200", nil, nil])
  }

  @Test(
    "references, siblings and allOf are merged, and a schema that contains itself comes to an end")
  func merged() throws {
    let catalog = try Documents.catalog(
      paths: """
        /a:
          get:
            responses:
              "200": { $ref: "#/components/responses/Tree" }
        """,
      components: """
        responses:
          Tree:
            description: d
            content: { application/json: { schema: { $ref: "#/components/schemas/Tree", default: {} } } }
        schemas:
          Tree:
            allOf: [{ $ref: "#/components/schemas/Named" }]
            type: object
            default: 1
            properties:
              children: { type: array, items: { $ref: "#/components/schemas/Tree" } }
              count: { type: [integer, "null"] }
            additionalProperties: { type: integer }
          Named:
            properties: { name: { type: string, format: date-time }, count: { type: string } }
        """)
    let shape = try #require(catalog.operations.first?.shape(forStatus: 200))
    #expect(shape.defaultValue == [:])
    #expect(shape.types == .object)
    #expect(shape.property(named: "count")?.types == [.integer, .null])
    #expect(shape.property(named: "name")?.format == "date-time")
    #expect(shape.additionalProperties?.types == .integer)
    let child = try #require(shape.property(named: "children")?.items)
    #expect(child.property(named: "children") == nil)
  }

  @Test("references lead into other documents and back")
  func otherDocuments() throws {
    let main = Documents.document(
      paths: """
        /a/{id}:
          $ref: "parts/paths.yaml#/items/a"
        """, components: "schemas: { Name: { type: string, maxLength: 2 } }")
    let paths = """
      items:
        a:
          parameters: [{ $ref: "parameters.json#/id" }]
          get: { responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "../api.yaml#/components/schemas/Name" } } } } } }
      """
    let parameters =
      ##"{"id": {"name": "id", "in": "path", "required": true, "schema": {"$ref": "../api.yaml#/components/schemas/Name"}}}"##
    try Documents.withFiles([
      "api.yaml": main, "parts/paths.yaml": paths, "parts/parameters.json": parameters,
    ]) {
      let catalog = try Catalog.load(documents: [$0[0]])
      #expect(catalog.operations.first?.shape(forStatus: 200)?.types == .string)
      #expect(
        try ValidationTests.violations("GET", "/a/abc", in: catalog) == ["path /id maxLength"])
      #expect(try ValidationTests.violations("GET", "/a/ab", in: catalog) == [])
    }
  }
}
