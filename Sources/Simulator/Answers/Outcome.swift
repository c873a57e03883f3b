// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

/// What came of a request, before it is written and signed.
struct Outcome: Sendable {
  var status: Int
  /// `nil`: no body.
  var body: JSONValue?
  var headers: Headers = [:]
  var isSigned = true
  /// The list of certificates has a rule of its own for who signs it.
  var isCertificates = false
  /// The error code, for the journal.
  var code: String?

  init(_ answer: Answer, isCertificates: Bool = false) {
    status = answer.status
    body = answer.body
    self.isCertificates = isCertificates
  }

  init(_ refusal: Refusal) {
    status = refusal.status
    body = refusal.body
    headers = refusal.headers
    isSigned = refusal.isSigned
    code = refusal.code
  }
}
