// SPDX-License-Identifier: Apache-2.0
internal import Clocks
package import GatewayCore
package import HTTP
internal import JSON
package import OpenAPI

/// The repository's own API documents, and requests to them.
package enum ExampleAPI {
  /// `apis/busifavor.openapi.yaml` with its error table.
  package static func catalog() throws -> Catalog { try catalogResult.get() }

  private static let catalogResult = Result {
    try Catalog.load(documents: [Repository.path("apis/busifavor.openapi.yaml")])
  }

  package static let stockPath = "/v3/marketing/busifavor/stocks/98065001"
  package static let uploadPath = stockPath + "/couponcodes"
  /// The example of WeChat Pay's page.
  package static let uploadBody =
    #"{"coupon_code_list":["ABC9588200","ABC9588201"],"upload_request_no":"100002322019090134234sfdf"}"#

  package struct NoSuchOperation: Error {}

  /// A request, routed, with nothing decided yet.
  package static func exchange(
    _ method: String = "POST", _ path: String = uploadPath, query: String? = nil,
    body: String? = uploadBody, headers: Headers? = nil, deadline: Duration = .seconds(3600),
    in catalog: Catalog? = nil
  ) throws -> Exchange {
    let body = body.map { Array($0.utf8) } ?? []
    let standard: Headers = body.isEmpty ? [:] : ["Content-Type": "application/json"]
    guard
      case .operation(let operation, let parameters) = try (catalog ?? self.catalog()).match(
        method: method, path: path)
    else { throw NoSuchOperation() }
    let request = HTTPRequest(
      method: method, path: path, query: query, headers: headers ?? standard, body: body)
    return Exchange(
      id: RequestID("test"), request: request, operation: operation, pathParameters: parameters,
      deadline: .now + deadline)
  }

  /// A request as it stands before the last step: merchant, body and request number settled.
  package static func settled(
    _ method: String = "POST", _ path: String = uploadPath, query: String? = nil,
    body: String? = uploadBody, merchant: String = "1900000001",
    deadline: Duration = .seconds(3600), in catalog: Catalog? = nil
  ) throws -> Exchange {
    var exchange = try exchange(
      method, path, query: query, body: body, deadline: deadline, in: catalog)
    exchange.merchant = MerchantID(merchant)
    if let body { exchange.body = try JSONValue(parsing: Array(body.utf8)) }
    exchange.requestNumber = exchange.operation.requestNumber(rawQuery: query, body: exchange.body)
    return exchange
  }
}
