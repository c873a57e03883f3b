// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

/// An admitted request, taken apart for the operation that serves it.
struct Call: Sendable {
  /// The mchid of the merchant that signed.
  var merchant: String
  /// Decoded values of the path's placeholders.
  var path: [String: String]
  var query: Fields
  var body: Fields
  var now: Moment

  /// A path parameter of 1 to `limit` characters.
  func pathParameter(_ name: String, limit: Int) throws(Refusal) -> String {
    let value = path[name] ?? ""
    guard (1...limit).contains(value.unicodeScalars.count) else {
      throw .parameter(name, in: "path", issue: "\(name) must have 1 to \(limit) characters")
    }
    return value
  }
}

/// What an operation answers with when it did its work.
struct Answer: Sendable, Equatable {
  var status: Int
  /// `nil`: no body (204).
  var body: JSONValue?

  static func ok(_ body: JSONValue) -> Answer { Answer(status: 200, body: body) }
  static var noContent: Answer { Answer(status: 204, body: nil) }
}

extension Call {
  /// Reads query and body of a request.
  init(
    _ request: HTTPRequest, merchant: String, path: [String: String], now: Moment
  ) throws(Refusal) {
    self.merchant = merchant
    self.path = path
    self.now = now
    query = Fields(try Self.readQuery(request.query), in: .query)
    body = Fields(try Self.readBody(request), in: .body)
  }

  private static func readQuery(_ text: String?) throws(Refusal) -> JSONObject {
    var object = JSONObject()
    for pair in (text ?? "").split(separator: "&") {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentEncoding.decode(halves[0]),
        let value = halves.count == 2 ? PercentEncoding.decode(halves[1]) : ""
      else {
        throw .parameter("query", in: "query", issue: "the query is not percent-encoded UTF-8")
      }
      guard object[name] == nil else {
        throw .parameter(name, in: "query", issue: "\(name) is there twice")
      }
      object[name] = .string(value)
    }
    return object
  }

  private static func readBody(_ request: HTTPRequest) throws(Refusal) -> JSONObject {
    guard !["GET", "DELETE"].contains(request.method) else { return JSONObject() }
    let value: JSONValue
    do {
      value = try JSONValue(parsing: request.body)
    } catch {
      throw .parameter("", in: "body", issue: "the body is not JSON: \(error.message)")
    }
    guard let object = value.objectValue else {
      throw .parameter("", in: "body", issue: "the body is not a JSON object")
    }
    try refuseForbidden(value, at: "")
    return object
  }

  /// Refuses `null` and characters beyond the basic plane anywhere in a body.
  /// Source: WeChat Pay, "APIv3 基本规则": null is not accepted, UTF-8 of at most 3 bytes a character.
  private static func refuseForbidden(_ value: JSONValue, at pointer: String) throws(Refusal) {
    switch value {
    case .null:
      throw .parameter(pointer, in: "body", issue: "null is not accepted")
    case .string(let text):
      guard text.utf8.allSatisfy({ $0 < 0xF0 }) else {
        throw .parameter(pointer, in: "body", issue: "characters of 4 bytes are not accepted")
      }
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        try refuseForbidden(element, at: "\(pointer)/\(index)")
      }
    case .object(let object):
      for member in object.members {
        try refuseForbidden(.string(member.name), at: pointer)
        let token = member.name.replacing("~", with: "~0").replacing("/", with: "~1")
        try refuseForbidden(member.value, at: "\(pointer)/\(token)")
      }
    case .bool, .number:
      break
    }
  }
}
