// SPDX-License-Identifier: Apache-2.0
package import HTTP
package import JSON
package import OpenAPI

/// One request on its way through the chain, with what the policies have found out so far.
package struct Exchange: Sendable {
  package let id: RequestID
  package let request: HTTPRequest
  package let operation: OpenAPI.Operation
  /// Decoded; not yet validated before `Validate` has run.
  package let pathParameters: [String: String]
  /// When the first byte of the answer has to be out.
  package let deadline: ContinuousClock.Instant
  /// What happened on the way, for the log, the headers and the metrics.
  package let journal: Journal

  /// What the caller may use.
  package var grant = Grant.everything
  package var merchant: MerchantID?
  /// The body as validated; `nil` for an operation without one.
  package var body: JSONValue?
  package var requestNumber: String?
  /// Path and query for WeChat Pay, rebuilt and percent-encoded from the decoded parameters.
  package var target: String {
    operation.target(pathParameters: pathParameters, rawQuery: request.query)
  }

  package init(
    id: RequestID, request: HTTPRequest, operation: OpenAPI.Operation,
    pathParameters: [String: String],
    deadline: ContinuousClock.Instant, journal: Journal = Journal()
  ) {
    self.id = id
    self.request = request
    self.operation = operation
    self.pathParameters = pathParameters
    self.deadline = deadline
    self.journal = journal
  }
}
