// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenAPI
import Testing

@Suite("The published document")
struct PublishedDocumentTests {
  static let merged = Result {
    try Catalog.load(documents: [Documents.busifavor, AddAnOperationTests.example])
  }

  static func published() throws -> JSONValue {
    try merged.get().publishedDocument(serverURL: "http://127.0.0.1:8080")
  }

  /// Every value in a value, with its pointer.
  static func walk(
    _ value: JSONValue, _ pointer: JSONPointer = .root, _ visit: (JSONPointer, JSONValue) -> Void
  ) {
    visit(pointer, value)
    for (index, item) in (value.arrayValue ?? []).enumerated() {
      walk(item, pointer.appending(index), visit)
    }
    for member in value.objectValue?.members ?? [] {
      walk(member.value, pointer.appending(member.name), visit)
    }
  }

  @Test("it names this gateway as the server and holds the operations of every document")
  func everyOperation() throws {
    let document = try Self.published()
    #expect(document["openapi"] == "3.1.0")
    #expect(document["servers"] == [["url": "http://127.0.0.1:8080"]])
    let paths = document["paths"]?.objectValue?.members ?? []
    #expect(paths.reduce(0) { $0 + ($1.value.objectValue?.members.count ?? 0) } == 22)
    #expect(paths.last?.name == "/v3/pay/transactions/out-trade-no/{out_trade_no}")
  }

  /// The document as JSON text that the gateway itself could load.
  static func withErrorTable(_ document: JSONValue) -> [UInt8] {
    guard case .object(var object) = document else { return [] }
    object["x-error-table"] = .string(Documents.errors)
    return JSONValue.object(object).serialized()
  }

  @Test("it is a document that can be loaded again, and then says the same")
  func loadsAgain() throws {
    let text = String(decoding: Self.withErrorTable(try Self.published()), as: UTF8.self)
    try Documents.withFiles(["published.json": text]) { paths in
      let catalog = try Catalog.load(documents: paths)
      #expect(catalog.operations.count == 22)
      let upload = "/v3/marketing/busifavor/stocks/1/couponcodes"
      let long = String(repeating: "x", count: 33)
      let body = #"{"coupon_code_list":["\#(long)"],"upload_request_no":"1"}"#
      #expect(
        try ValidationTests.violations("POST", upload, body: body, in: catalog) == [
          "body /coupon_code_list/0 maxLength"
        ])
    }
  }

  @Test("nothing internal is in it, and every reference leads somewhere in it")
  func references() throws {
    let document = try Self.published()
    var references = 0
    Self.walk(document) { pointer, value in
      for member in value.objectValue?.members ?? [] {
        #expect(!member.name.hasPrefix("x-"), "\(pointer)")
      }
      guard let reference = value["$ref"]?.stringValue else { return }
      references += 1
      let target = try? JSONPointer(parsing: String(reference.dropFirst())).evaluate(on: document)
      #expect(
        reference.hasPrefix("#/components/") && target != nil && target != JSONValue.null,
        "\(reference)")
    }
    #expect(references > 100)
  }

  @Test("every operation takes the gateway's headers and answers errors in one form")
  func gateway() throws {
    let document = try Self.published()
    for path in document["paths"]?.objectValue?.members ?? [] {
      for (method, operation) in (path.value.objectValue?.members ?? []).map({ ($0.name, $0.value) }
      ) {
        let parameters = operation["parameters"]?.arrayValue ?? []
        #expect(parameters.contains(["$ref": "#/components/parameters/GatewayMerchantId"]))
        #expect(
          operation["responses"]?["default"] == ["$ref": "#/components/responses/GatewayProblem"])
        #expect(operation["operationId"] != nil && !method.isEmpty)
      }
    }
    let upload = document["paths"]?["/v3/marketing/busifavor/stocks/{stock_id}/couponcodes"]?[
      "post"]
    #expect(upload?["description"]?.stringValue?.contains("`/upload_request_no`") == true)
    #expect(upload?["responses"]?["200"]?["headers"]?["Idempotent-Replayed"] != nil)
    #expect(upload?["parameters"]?.arrayValue?.first == ["$ref": "#/components/parameters/StockId"])
  }

  @Test("names that two documents share are told apart, and property names that look internal stay")
  func collisions() throws {
    let response =
      ##"{ "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Thing" } } } } }"##
    let first = Documents.document(
      paths: "/a: { get: { responses: \(response) } }",
      components:
        "schemas: { Thing: { type: object, x-internal: 1, properties: { x-name: { type: string } } } }"
    )
    let second = Documents.document(
      paths: "/b: { get: { responses: \(response) } }",
      components: "schemas: { Thing: { type: integer } }")
    try Documents.withFiles(["a.yaml": first, "b.yaml": second]) { paths in
      let document = try Catalog.load(documents: paths).publishedDocument(serverURL: "/")
      let schemas = document["components"]?["schemas"]
      #expect(
        schemas?["Thing"] == ["type": "object", "properties": ["x-name": ["type": "string"]]])
      #expect(schemas?["Thing_2"] == ["type": "integer"])
      let schema = document["paths"]?["/b"]?["get"]?["responses"]?["200"]?["content"]?[
        "application/json"]?["schema"]
      #expect(schema == ["$ref": "#/components/schemas/Thing_2"])
    }
  }

  @Test("the page shows every operation, loads nothing and lets no text become markup")
  func page() throws {
    let html = try Documents.shipped.get().publishedPage()
    for text in ["uploadCouponCodes", "deleteCouponCode", "REQUEST_NUMBER_REUSED", "请使用相同参数稍后重新调用"]
    {
      #expect(html.contains(text))
    }
    for text in ["<script", "<link", "<img", "src=", "@import", "url("] {
      #expect(!html.contains(text))
    }
    let catalog = try Documents.catalog(
      paths: "/a: { get: { summary: '<script>\"&', responses: { \"200\": { description: ok } } } }")
    #expect(catalog.publishedPage().contains("&lt;script&gt;&quot;&amp;"))
    #expect(!catalog.publishedPage().contains("<script"))
  }
}
