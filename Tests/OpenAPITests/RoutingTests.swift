// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OpenAPI

@Suite("Finding the operation of a path")
struct RoutingTests {
  static let base = "/v3/marketing/busifavor"

  @Test(
    "every operation of the coupon family is found by its method and path",
    arguments: [
      ("POST", "/stocks", "createStock"), ("GET", "/stocks/1", "getStock stock_id=1"),
      ("PATCH", "/stocks/1", "modifyStock stock_id=1"),
      ("PATCH", "/stocks/1/budget", "modifyStockBudget stock_id=1"),
      ("POST", "/stocks/98065001/couponcodes", "uploadCouponCodes stock_id=98065001"),
      ("GET", "/stocks/1/couponcodes", "listCouponCodes stock_id=1"),
      ("GET", "/stocks/1/couponcodes/A", "getCouponCode coupon_code=A stock_id=1"),
      ("DELETE", "/stocks/1/couponcodes/A", "deleteCouponCode coupon_code=A stock_id=1"),
      ("POST", "/coupons/use", "useCoupon"), ("POST", "/coupons/return", "returnCoupon"),
      ("POST", "/coupons/deactivate", "deactivateCoupon"), ("POST", "/coupons/send", "sendCoupon"),
      ("POST", "/coupons/associate", "associateCoupon"),
      ("POST", "/coupons/disassociate", "disassociateCoupon"),
      ("GET", "/users/o/coupons", "listUserCoupons openid=o"),
      ("GET", "/users/o/coupons/c/appids/a", "getUserCoupon appid=a coupon_code=c openid=o"),
      ("POST", "/callbacks", "setCallback"), ("GET", "/callbacks", "getCallback"),
      ("POST", "/subsidy/pay-receipts", "paySubsidy"),
      ("GET", "/subsidy/pay-receipts", "listSubsidyPayReceipts"),
      ("GET", "/subsidy/pay-receipts/1", "getSubsidyPayReceipt subsidy_receipt_id=1"),
    ])
  func family(method: String, path: String, expected: String) throws {
    let catalog = try Documents.shipped.get()
    #expect(catalog.match(method: method, path: Self.base + path).summary == expected)
  }

  @Test(
    "no segment can change the path",
    arguments: [
      ("..%2f..", "uploadCouponCodes stock_id=../.."), ("a%2Fb", "uploadCouponCodes stock_id=a/b"),
      ("%5C", "uploadCouponCodes stock_id=\\"), ("..", "400 /stock_id"), (".", "400 /stock_id"),
      ("%2e%2E", "400 /stock_id"), (".%2e", "400 /stock_id"), ("%2E", "400 /stock_id"),
      ("", "400 /stock_id"),
      ("%00", "400 /stock_id"), ("1%00", "400 /stock_id"), ("%", "400 /stock_id"),
      ("%4", "400 /stock_id"),
      ("%zz", "400 /stock_id"), ("%+1", "400 /stock_id"), ("%C0%AF", "400 /stock_id"),
      ("%E0%80%AF", "400 /stock_id"),
      ("%ED%A0%80", "400 /stock_id"), ("%F5%80%80%80", "400 /stock_id"), ("%FF", "400 /stock_id"),
      ("%E5%88", "400 /stock_id"), ("%E5%88%B8", "uploadCouponCodes stock_id=券"),
      ("123456789012345678901", "uploadCouponCodes stock_id=123456789012345678901"), ("a/b", "404"),
      ("../x", "404"),
      ("a+b", "uploadCouponCodes stock_id=a+b"),
      ("{stock_id}", "uploadCouponCodes stock_id={stock_id}"),
    ])
  func nastySegments(segment: String, expected: String) throws {
    let catalog = try Documents.shipped.get()
    #expect(
      catalog.match(method: "POST", path: "\(Self.base)/stocks/\(segment)/couponcodes").summary
        == expected)
  }

  @Test(
    "what is not there is not found, and a wrong method names the right ones",
    arguments: [
      ("GET", "", "404"), ("GET", "/", "404"), ("GET", "*", "404"), ("GET", "/v3", "404"),
      ("GET", "\(base)/stocks", "405 POST"), ("HEAD", "\(base)/stocks/1", "405 GET,PATCH"),
      ("OPTIONS", "\(base)/callbacks", "405 GET,POST"),
      ("get", "\(base)/stocks/1", "405 GET,PATCH"),
      ("PUT", "\(base)/stocks/1/couponcodes/x", "405 DELETE,GET"),
      ("POST", "\(base)/stocks/", "405 GET,PATCH"),
      ("POST", "\(base)//stocks", "404"), ("POST", "\(base)/coupons/use/", "404"),
      ("POST", "//\(base)/stocks", "404"),
      ("POST", "\(base)/x/../stocks", "404"), ("POST", "\(base)/./stocks", "404"),
      ("POST", "\(base)/stocks%2F", "404"), ("POST", "/V3/marketing/busifavor/stocks", "404"),
      ("POST", "/v3/%6Darketing/busifavor/stocks", "createStock"),
      ("GET", "\(base)/stocks/", "400 /stock_id"),
    ])
  func notFound(method: String, path: String, expected: String) throws {
    let catalog = try Documents.shipped.get()
    #expect(catalog.match(method: method, path: path).summary == expected)
  }

  @Test("a literal segment goes before a template, and a template is tried when it leads nowhere")
  func literalFirst() throws {
    let catalog = try Documents.catalog(
      paths: """
        /a/{x}:
          get: { operationId: template, parameters: [{$ref: "#/components/parameters/X"}], responses: {"200": {description: ok}} }
        /a/literal:
          get: { operationId: literal, responses: {"200": {description: ok}} }
        /a/literal/b:
          get: { operationId: deepLiteral, responses: {"200": {description: ok}} }
        /a/{x}/c:
          get: { operationId: deepTemplate, parameters: [{$ref: "#/components/parameters/X"}], responses: {"200": {description: ok}} }
        /a/{x}/b:
          post: { operationId: otherMethod, parameters: [{$ref: "#/components/parameters/X"}], responses: {"200": {description: ok}} }
        """,
      components: """
        parameters:
          X: { name: x, in: path, required: true, schema: { type: string } }
        """)
    let found = [
      ("GET", "/a/literal"), ("GET", "/a/other"), ("GET", "/a/literal/b"), ("GET", "/a/literal/c"),
      ("POST", "/a/literal/b"), ("PUT", "/a/literal/b"),
    ].map { catalog.match(method: $0.0, path: $0.1).summary }
    #expect(
      found == [
        "literal", "template x=other", "deepLiteral", "deepTemplate x=literal",
        "otherMethod x=literal", "405 GET,POST",
      ])
  }

  @Test(
    "the target is built anew from decoded values",
    arguments: [
      ("98065001", nil, "/stocks/98065001/couponcodes"),
      ("..%2f..", nil, "/stocks/..%2F../couponcodes"),
      ("a%3Fb%23c%3bd", nil, "/stocks/a%3Fb%23c%3Bd/couponcodes"),
      ("%E5%88%B8", nil, "/stocks/%E5%88%B8/couponcodes"),
      ("1", "offset=2&limit=1", "/stocks/1/couponcodes?limit=1&offset=2"),
      ("1", "appid=a%26limit%3D9&limit=%31", "/stocks/1/couponcodes?limit=1&appid=a%26limit%3D9"),
      ("1", "appid=a+b&other=1", "/stocks/1/couponcodes?appid=a%20b"),
      ("1", "", "/stocks/1/couponcodes"), ("1", "&&", "/stocks/1/couponcodes"),
    ] as [(String, String?, String)])
  func target(segment: String, query: String?, expected: String) throws {
    let catalog = try Documents.shipped.get()
    guard
      case .operation(let operation, let parameters) = catalog.match(
        method: "GET", path: "\(Self.base)/stocks/\(segment)/couponcodes")
    else {
      Issue.record("not found")
      return
    }
    #expect(operation.target(pathParameters: parameters, rawQuery: query) == Self.base + expected)
  }

  @Test("any path whatever gets an answer, and what is found leads back to the same operation")
  func randomPaths() throws {
    let catalog = try Documents.shipped.get()
    let pieces = [
      "/", "/", "stocks", "v3", "marketing", "busifavor", "couponcodes", "users", "..", ".", "%2e",
      "%2F", "%", "%00",
      "%E5%88%B8", "券", "a", " ", "?", "#", "{x}", "\\", "coupons", "é", "e\u{301}", "%FF", ";",
    ]
    let seed = UInt64.random(in: .min ... .max)
    var generator = SplitMix(state: seed)
    for _ in 0..<3000 {
      let tail = (0..<Int.random(in: 0...6, using: &generator)).compactMap { _ in
        pieces.randomElement(using: &generator)
      }.joined()
      let path =
        Self.base + "/stocks/" + tail + (Bool.random(using: &generator) ? "/couponcodes" : "")
      guard
        case .operation(let operation, let parameters) = catalog.match(method: "GET", path: path)
      else { continue }
      let target = operation.target(pathParameters: parameters, rawQuery: nil)
      let again = catalog.match(method: "GET", path: target)
      #expect(
        again.summary == catalog.match(method: "GET", path: path).summary,
        "seed \(seed), path \(path)")
    }
  }
}

/// Steele, Lea and Flood's SplitMix64: small, and the same everywhere for a seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
