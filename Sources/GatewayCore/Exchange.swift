// SPDX-License-Identifier: Apache-2.0
package import Clocks
package import HTTP
package import JSON
package import OpenAPI

/// One request on its way through the chain, with what the policies have found out so far.
package struct Exchange: Sendable {
  /// What stays the same on the way, held once however often the exchange is handed on.
  private final class Arrival: Sendable {
    let id: RequestID
    let request: HTTPRequest
    let operation: OpenAPI.Operation
    let pathParameters: [String: String]
    let deadline: Moment
    let journal: Journal
    /// Rebuilt from the parameters once: it is fingerprinted, signed and sent.
    let target: String

    init(
      id: RequestID, request: HTTPRequest, operation: OpenAPI.Operation,
      pathParameters: [String: String], deadline: Moment, journal: Journal
    ) {
      self.id = id
      self.request = request
      self.operation = operation
      self.pathParameters = pathParameters
      self.deadline = deadline
      self.journal = journal
      target = operation.target(pathParameters: pathParameters, rawQuery: request.query)
    }
  }

  private let arrival: Arrival

  package var id: RequestID { arrival.id }
  package var request: HTTPRequest { arrival.request }
  package var operation: OpenAPI.Operation { arrival.operation }
  /// Decoded; not yet validated before `Validate` has run.
  package var pathParameters: [String: String] { arrival.pathParameters }
  /// When the first byte of the answer has to be out.
  package var deadline: Moment { arrival.deadline }
  /// What happened on the way, for the log, the headers and the metrics.
  package var journal: Journal { arrival.journal }
  /// Path and query for WeChat Pay, rebuilt and percent-encoded from the decoded parameters.
  package var target: String { arrival.target }

  /// What the caller may use.
  package var grant = Grant.everything
  package var merchant: MerchantID?
  /// The body as validated; `nil` for an operation without one.
  package var body: JSONValue?
  package var requestNumber: String?

  package init(
    id: RequestID, request: HTTPRequest, operation: OpenAPI.Operation,
    pathParameters: [String: String],
    deadline: Moment, journal: Journal = Journal()
  ) {
    arrival = Arrival(
      id: id, request: request, operation: operation, pathParameters: pathParameters,
      deadline: deadline, journal: journal)
  }
}
