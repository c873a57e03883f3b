// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import JSON
internal import OpenAPI

extension Reply {
  /// A verified answer as the operation's response schema declares it (CONTRACT 2.1).
  ///
  /// - Parameter shape: `nil` when nothing is declared for the status; the answer then passes as it
  ///   is.
  init(normalizing answer: VerifiedAnswer, to shape: Shape?) throws(Attempt.Failure) {
    guard !answer.body.isEmpty else {
      // A 200 that should carry JSON and does not is no answer to work with; a 204 is one.
      guard answer.status == 204 || shape == nil else { throw .notJSON(answer) }
      self.init(
        status: answer.status, contentType: nil, body: [], upstreamRequestID: answer.requestID)
      return
    }
    guard let value = try? JSONValue(parsing: answer.body) else { throw .notJSON(answer) }
    self.init(
      status: answer.status, contentType: "application/json",
      body: shape.map { value.normalized(to: $0).serialized() } ?? answer.body,
      upstreamRequestID: answer.requestID)
  }
}

extension Attempt.Failure {
  fileprivate static func notJSON(_ answer: VerifiedAnswer) -> Attempt.Failure {
    Attempt.Failure(
      problem: Problem(
        .upstreamMalformed, "an answer came that is not JSON",
        upstream: UpstreamError(status: answer.status, requestID: answer.requestID, verified: true)),
      repetition: .never)
  }
}
