// SPDX-License-Identifier: Apache-2.0
package import GatewayCore
internal import HTTP
internal import JSON
internal import OpenAPI

/// Holds path, query and body to the operation's schema (CONTRACT 3), and reads the request number.
package final class Validate: Policy {
  package static let stage = Stage.validate

  /// Nesting of a body (CONTRACT 2.2, `MALFORMED_JSON`).
  private static let maximumDepth = 64
  private let mode: PolicyMode

  package init(mode: PolicyMode = .enforce) {
    self.mode = mode
  }

  package func handle(_ exchange: consuming Exchange, next: Next) async throws(Problem) -> Reply {
    try validate(&exchange)
    return try await next(exchange)
  }

  @inline(never)
  private func validate(_ exchange: inout Exchange) throws(Problem) {
    do throws(Problem) {
      try checkMediaType(exchange)
    } catch {
      try mode.refuse(error, by: Self.name, exchange)
    }
    do throws(Problem) {
      // In `observe` mode too, whatever else is wrong: without the body there is no request number
      // to recognize.
      exchange.body = try readBody(exchange)
      let violations = exchange.operation.validate(
        pathParameters: exchange.pathParameters, rawQuery: exchange.request.query,
        headers: exchange.request.headers, body: exchange.body)
      if !violations.isEmpty { throw Self.refusal(violations) }
    } catch {
      try mode.refuse(error, by: Self.name, exchange)
    }
    let number = exchange.operation.requestNumber(
      rawQuery: exchange.request.query, body: exchange.body)
    exchange.requestNumber = number
    exchange.journal.note { $0.requestNumber = number }
  }

  /// - Parameter violations: at least one.
  private static func refusal(_ violations: [ParameterViolation]) -> Problem {
    let first = violations.first?.sentence ?? ""
    let others = violations.count - 1
    // The list ends at its limit, whatever else there is.
    let least = violations.count == Operation.violationLimit ? "at least " : ""
    return Problem(
      .paramError, first + (others > 0 ? ", and \(least)\(others) more (see errors)" : ""),
      violations: violations)
  }

  private func checkMediaType(_ exchange: Exchange) throws(Problem) {
    for encoding in exchange.request.headers.values(of: "Content-Encoding")
    where !equalIgnoringCase(encoding, "identity") {
      throw Problem(.unsupportedMediaType, "send the body as it is, without Content-Encoding")
    }
    guard exchange.operation.hasBody || !exchange.request.body.isEmpty else { return }
    let types = exchange.request.headers.values(of: "Content-Type")
    guard let type = types.first, types.count == 1,
      equalIgnoringCase(type, "application/json")
        || mediaType(type).map({ equalIgnoringCase($0, "application/json") }) ?? false
    else {
      throw Problem(.unsupportedMediaType, "send the body as Content-Type: application/json")
    }
  }

  private func readBody(_ exchange: Exchange) throws(Problem) -> JSONValue? {
    let bytes = exchange.request.body
    guard !bytes.isEmpty else {
      guard exchange.operation.bodyRequired else { return nil }
      throw Problem(.malformedJSON, "the body is empty; a JSON object is expected")
    }
    guard exchange.operation.hasBody else {
      throw Self.refusal([
        ParameterViolation(
          location: .body, pointer: "", keyword: "unknown",
          message: "is there; this operation takes none")
      ])
    }
    do throws(JSONSyntaxError) {
      return try JSONValue(parsing: bytes, maximumDepth: Self.maximumDepth)
    } catch {
      throw Problem(.malformedJSON, error.message)
    }
  }
}

/// The media type of a `Content-Type` without its parameters.
private func mediaType(_ contentType: String) -> String? {
  func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
  let part = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }.drop(while: isSpace)
  return part.lastIndex { !isSpace($0) }.map { String(Substring(part[...$0])) }
}
