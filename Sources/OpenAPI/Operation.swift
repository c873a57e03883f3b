// SPDX-License-Identifier: Apache-2.0
package import HTTP
package import JSON

/// One operation of an OpenAPI document, prepared for requests. Immutable, shared by every request.
package final class Operation: Sendable {
  /// `operationId`, or `METHOD template` where the document gives none. Unique in a catalog.
  package let id: String
  /// Upper case.
  package let method: String
  /// The path as the document writes it: `/v3/marketing/busifavor/stocks/{stock_id}`.
  package let template: String
  /// Whether the operation takes a JSON body.
  package let hasBody: Bool
  package let bodyRequired: Bool
  /// `x-rate-limit`.
  package let rateLimit: OperationRateLimit?
  /// Whether the operation names a request number (`x-request-number`).
  package let hasRequestNumber: Bool
  /// The error table of the operation's document.
  package let errorTable: ErrorTable

  init(id: String, method: String, template: String, errorTable: ErrorTable) {
    self.id = id
    self.method = method
    self.template = template
    hasBody = false
    bodyRequired = false
    rateLimit = nil
    hasRequestNumber = false
    self.errorTable = errorTable
  }

  /// Every rule that the request breaks, at most 50; empty when it may go out.
  ///
  /// - Parameter pathParameters: as `Catalog.match` gave them.
  /// - Parameter rawQuery: as it was sent, without `?`.
  /// - Parameter headers: for parameters that the document declares `in: header`.
  /// - Parameter body: the JSON text that was read; `nil` when the request has no body.
  package func validate(
    pathParameters: [String: String], rawQuery: String?, headers: Headers = [:], body: JSONValue?
  ) -> [ParameterViolation] {
    []
  }

  /// Path and query for WeChat Pay, percent-encoded anew from the decoded values, the query's parameters in the
  /// order of the document. What the document does not declare is left out; `validate` refuses it before.
  package func target(pathParameters: [String: String], rawQuery: String?) -> String {
    template
  }

  /// The request number, where the operation names one and the request has it as a string.
  package func requestNumber(rawQuery: String?, body: JSONValue?) -> String? {
    nil
  }

  /// The shape of an answer: that of the status itself, else of its class (`2XX`), else of `default`.
  /// `nil` when the document declares no JSON for it.
  package func shape(forStatus status: Int) -> Shape? {
    nil
  }
}
