// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import HTTP
internal import JSON
internal import OpenAPI

extension Problem {
  /// `application/problem+json` (RFC 9457) as CONTRACT 2.2 shows it.
  func document(id: RequestID, texts: ErrorTable, language: Language) -> JSONValue {
    let (title, advice) = texts.texts(of: self)
    var members: [(String, JSONValue?)] = [
      ("type", .string("urn:wxpay-gateway:error:\(kind.code)")),
      ("title", .string(title[language])),
      ("status", .number(JSONNumber(kind.status))),
      ("code", .string(kind.code)),
      ("message", .string(message)),
      ("detail", .string(message)),
      ("source", .string(source.rawValue)),
      ("outcome", .string(outcome.rawValue)),
      ("retryable", .bool(kind.retryable)),
      ("retry_after", retryAfter.flatMap(seconds)),
      ("action", .string(kind.action.rawValue)),
      ("advice", .string(advice[language])),
      ("request_id", .string(id.text)),
    ]
    if !violations.isEmpty { members.append(("errors", .array(violations.map(\.document)))) }
    members.append(("upstream", upstream?.document))
    return JSONValue(present: members)
  }

  /// - Parameter acceptLanguage: picks Chinese or English; Chinese when it is absent.
  func response(id: RequestID, texts: ErrorTable, acceptLanguage: String?) -> HTTPResponse {
    let language = Language(acceptLanguage: acceptLanguage)
    var headers: Headers = [
      "Content-Type": "application/problem+json", "Content-Language": language.rawValue,
    ]
    for header in self.headers { headers.append(header.name, header.value) }
    if let retryAfter {
      headers["Retry-After"] = String(max(1, Int((retryAfter / .seconds(1)).rounded(.up))))
    }
    if replayed { headers["Idempotent-Replayed"] = "true" }
    if let requestID = upstream?.requestID { headers["Wechatpay-Request-Id"] = requestID }
    return HTTPResponse(
      status: kind.status, headers: headers,
      body: document(id: id, texts: texts, language: language).serialized())
  }
}

extension ErrorTable {
  /// Titles and advice: WeChat Pay's row when it answered, else the gateway's own.
  func texts(of problem: Problem) -> (title: LocalizedText, advice: LocalizedText) {
    let row =
      if problem.source == .wechatpay, let upstream = problem.upstream, upstream.status >= 400 {
        self.row(status: upstream.status, code: upstream.code)
      } else {
        gatewayRow(problem.kind.code)
      }
    return (row.title, row.advice)
  }
}

extension ParameterViolation {
  fileprivate var document: JSONValue {
    JSONValue(present: [
      ("pointer", .string(pointer)), ("keyword", .string(keyword)), ("message", .string(message)),
      ("location", .string(location.rawValue)),
    ])
  }
}

extension UpstreamError {
  fileprivate var document: JSONValue {
    JSONValue(present: [
      ("status", .number(JSONNumber(status))), ("code", code.map(JSONValue.string)),
      ("message", message.map(JSONValue.string)), ("detail", detail),
      ("request_id", requestID.map(JSONValue.string)), ("verified", .bool(verified)),
    ])
  }
}

extension JSONValue {
  /// An object of the members that have a value.
  init(present members: [(String, JSONValue?)]) {
    self = .object(
      JSONObject(
        members.compactMap { name, value in value.map { JSONObject.Member(name: name, value: $0) } }
      ))
  }
}

/// Seconds, to the millisecond, rounded up so that a caller who waits has waited long enough.
private func seconds(_ duration: Duration) -> JSONValue? {
  let milliseconds = (nanoseconds(duration) + 999_999) / 1_000_000
  let fraction = String(1000 + milliseconds % 1000).dropFirst()
  let text =
    milliseconds % 1000 == 0 ? "\(milliseconds / 1000)" : "\(milliseconds / 1000).\(fraction)"
  return JSONNumber(text: text).map(JSONValue.number)
}
