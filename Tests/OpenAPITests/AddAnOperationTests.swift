// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import OpenAPI
import Testing

@Suite("docs/add-an-operation.md")
struct AddAnOperationTests {
  static let example = Documents.root + "/Examples/transactions.openapi.yaml"
  static let path = "/v3/pay/transactions/out-trade-no/"

  @Test("the example document loads beside the shipped one and routes, validates and has a shape")
  func secondDocument() throws {
    let catalog = try Catalog.load(documents: [Documents.busifavor, Self.example])
    #expect(catalog.operations.count == 22)
    let number = "1217752501201407033233368018"
    guard
      case .operation(let operation, let parameters) = catalog.match(
        method: "GET", path: Self.path + number)
    else {
      Issue.record("not found")
      return
    }
    #expect(operation.id == "queryOrderByOutTradeNo")
    #expect(
      operation.target(pathParameters: parameters, rawQuery: "mchid=1900000001")
        == Self.path + number + "?mchid=1900000001")
    #expect(
      try ValidationTests.violations(
        "GET", Self.path + number, query: "mchid=1900000001", in: catalog) == [])
    #expect(
      try ValidationTests.violations("GET", Self.path + "12345", in: catalog)
        == ["path /out_trade_no minLength", "query /mchid required"])
    let shape = try #require(operation.shape(forStatus: 200))
    #expect(shape.property(named: "success_time")?.format == "date-time")
    #expect(shape.property(named: "promotion_detail")?.defaultValue == JSONValue.array([]))
    #expect(
      operation.errorTable.row(status: 404, code: "ORDER_NOT_EXIST").code == "ORDER_NOT_EXIST")
  }

  @Test("the example brings no error table, so alone it gets the built-in one")
  func alone() throws {
    let table = try Catalog.load(documents: [Self.example]).errorTable
    #expect(table.row(status: 403, code: "NOAUTH").code == "NO_AUTH")
    #expect(table.gatewayRow("OVERLOADED").status == 503)
  }

  @Test("the mistake that the page shows is told in the page's words")
  func mistake() throws {
    let page = try String(
      contentsOfFile: Documents.root + "/docs/add-an-operation.md", encoding: .utf8)
    let text = try String(contentsOfFile: Self.example, encoding: .utf8)
    let start = try #require(text.range(of: "        - name: out_trade_no"))
    let end = try #require(text.range(of: "        - name: mchid"))
    let broken =
      text.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: "")
      + "\nx-error-table: \(Documents.errors)\n"
    let mistakes = try Documents.mistakes(["apis/transactions.openapi.yaml": broken])
    let told = try #require(mistakes.first)
    let shown = told.description.drop { $0 != ":" }
    #expect(mistakes.count == 1)
    #expect(page.contains("apis/transactions.openapi.yaml\(shown)"), "\(told)")
  }
}
