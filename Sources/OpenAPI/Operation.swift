// SPDX-License-Identifier: Apache-2.0
package import HTTP
package import JSON
import JSONSchema

/// One operation of an OpenAPI document, prepared for requests. Immutable, shared by every request.
package final class Operation: Sendable {
  /// `operationId`, or `METHOD template` where the document gives none. Unique in a catalog.
  package let id: String
  /// Upper case.
  package let method: String
  /// The path as the document writes it: `/v3/marketing/busifavor/stocks/{stock_id}`.
  package var template: String { path.text }
  /// Whether the operation takes a JSON body.
  package var hasBody: Bool { body != nil }
  /// Whether a request without a body is refused.
  package var bodyRequired: Bool { body?.isRequired ?? false }
  /// `x-rate-limit`.
  package let rateLimit: OperationRateLimit?
  /// Whether the operation names a request number (`x-request-number`).
  package var hasRequestNumber: Bool { requestNumberLocation != nil }
  /// The error table of the operation's document.
  package let errorTable: ErrorTable

  struct Body: Sendable {
    let isRequired: Bool
    let schema: SchemaCheck
  }

  /// The most violations that are told at once.
  package static let violationLimit = 50

  let path: PathTemplate
  private let parameters: [Parameter]
  private let body: Body?
  let requestNumberLocation: RequestNumberLocation?
  private let responses: ResponseShapes

  init(
    id: String, method: String, path: PathTemplate, parameters: [Parameter], body: Body?,
    requestNumber: RequestNumberLocation?, rateLimit: OperationRateLimit?,
    responses: ResponseShapes,
    errorTable: ErrorTable
  ) {
    self.id = id
    self.method = method
    self.path = path
    self.parameters = parameters
    self.body = body
    requestNumberLocation = requestNumber
    self.rateLimit = rateLimit
    self.responses = responses
    self.errorTable = errorTable
  }

  /// The shape of an answer: that of the status itself, else of its class (`2XX`), else of
  /// `default`.
  /// `nil` when the document declares no JSON for it.
  package func shape(forStatus status: Int) -> Shape? {
    responses.shape(forStatus: status)
  }

  /// The request number, where the operation names one and the request has it as a string.
  package func requestNumber(rawQuery: String?, body: JSONValue?) -> String? {
    switch requestNumberLocation {
    case .body(let pointer): body.flatMap { pointer.evaluate(on: $0) }?.stringValue
    case .query(let name):
      QueryString(rawQuery).fields.first { $0.name.hasSameBytes(as: name) }?.value
    case nil: nil
    }
  }

  /// Path and query for WeChat Pay, percent-encoded anew from the decoded values, the query's
  /// parameters in the order of the document. What the document does not declare is left out;
  /// `validate` refuses it before.
  package func target(pathParameters: [String: String], rawQuery: String?) -> String {
    var target = ""
    target.reserveCapacity(128)
    for piece in path.pieces {
      switch piece {
      case .text(let text): target += text
      case .parameter(let name): target += encodedPathValue(name, pathParameters[name] ?? "")
      }
    }
    let query = QueryString(rawQuery)
    guard !query.fields.isEmpty else { return target }
    var separator = "?"
    for parameter in parameters where parameter.location == .query {
      for field in query.fields where field.name.hasSameBytes(as: parameter.name) {
        guard let value = parameter.encoded(field) else { continue }
        target += separator + PercentEncoding.encode(parameter.name) + "=" + value
        separator = "&"
      }
    }
    return target
  }

  private func encodedPathValue(_ name: String, _ value: String) -> String {
    let parameter = parameters.first { $0.location == .path && $0.name == name }
    guard case .list = parameter?.form else { return PercentEncoding.encode(value) }
    return value.split(separator: ",", omittingEmptySubsequences: false)
      .map { PercentEncoding.encode(String($0)) }.joined(separator: ",")
  }

  /// Every rule that the request breaks, at most 50; empty when it may go out.
  ///
  /// - Parameter pathParameters: as `Catalog.match` gave them.
  /// - Parameter rawQuery: as it was sent, without `?`.
  /// - Parameter headers: for parameters that the document declares `in: header`. They are checked,
  ///   not forwarded.
  /// - Parameter body: the JSON text that was read; `nil` when the request has no body.
  package func validate(
    pathParameters: [String: String], rawQuery: String?, headers: Headers = [:], body: JSONValue?
  ) -> [ParameterViolation] {
    var violations: [ParameterViolation] = []
    let query = QueryString(rawQuery)
    for parameter in parameters {
      let room = Self.violationLimit - violations.count
      guard room > 0 else { return violations }
      switch parameter.location {
      case .path: violations += parameter.violations(inPath: pathParameters, limit: room)
      case .query: violations += parameter.violations(inQuery: query, limit: room)
      case .header: violations += parameter.violations(inHeaders: headers, limit: room)
      }
    }
    violations += undeclared(in: query)
    let room = Self.violationLimit - violations.count
    if room > 0 { violations += bodyViolations(body, limit: room) }
    return Array(violations.prefix(Self.violationLimit))
  }

  private func undeclared(in query: QueryString) -> [ParameterViolation] {
    var violations: [ParameterViolation] = []
    if query.hasMalformedName {
      violations.append(
        ParameterViolation(
          location: .query, pointer: "", keyword: "encoding",
          message: "has a parameter whose name is not percent-encoded UTF-8"))
    }
    for field in query.fields {
      guard
        !parameters.contains(where: {
          $0.location == .query && $0.name.hasSameBytes(as: field.name)
        })
      else { continue }
      violations.append(
        ParameterViolation(
          location: .query, pointer: JSONPointer(tokens: [field.name]).description,
          keyword: "unknown",
          message: "is not a parameter of this operation"))
    }
    return violations
  }

  private func bodyViolations(_ value: JSONValue?, limit: Int) -> [ParameterViolation] {
    guard let body else {
      guard value != nil else { return [] }
      return [
        ParameterViolation(
          location: .body, pointer: "", keyword: "unknown",
          message: "is not expected: this operation takes no body")
      ]
    }
    guard let value else {
      guard body.isRequired else { return [] }
      return [
        ParameterViolation(
          location: .body, pointer: "", keyword: "required",
          message: "is missing: this operation needs a JSON body")
      ]
    }
    return body.schema.violations(in: value, limit: limit).map {
      ParameterViolation(
        location: .body, pointer: $0.pointer.description, keyword: $0.keyword, message: $0.message)
    }
  }
}
