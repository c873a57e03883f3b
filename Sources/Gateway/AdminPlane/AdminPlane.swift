// SPDX-License-Identifier: Apache-2.0
internal import Clocks
internal import Cryptography
internal import FoundationEssentials
internal import GatewayCore
internal import HTTP
internal import HTTPServer
internal import JSON
internal import OpenAPI
internal import Telemetry
internal import WeChatPay

/// What operators and their tools ask, on a listener of its own (CONTRACT 6).
struct AdminPlane: Sendable {
  /// `/`: shows people what `/status.json` says.
  private static let page = PackageResources.page_html

  let dataPlane: DataPlane
  let lasting: LastingState
  let frontEnd: @Sendable () -> ServerStatistics
  let isDraining: @Sendable () -> Bool
  let traffic: Traffic
  let started = ContinuousClock.now
  /// Where callers reach the data plane, for the published document.
  let serverURL: String

  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      return .text(405, "only GET is answered here\n", headers: ["Allow": "GET, HEAD"])
    }
    switch request.path {
    case "/healthz": return .text(200, "alive\n")
    case "/readyz": return readiness()
    case "/metrics":
      return HTTPResponse(
        status: 200, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
        body: Array(lasting.metrics.text(await samples).utf8))
    case "/status.json": return .json(200, await status)
    case "/": return .page(Self.page)
    case "/configuration.json":
      return .json(200, dataPlane.service.configurationDocument(lasting.loads.latest))
    case "/openapi.json":
      return .json(200, dataPlane.service.catalog.publishedDocument(serverURL: serverURL))
    case "/docs": return .html(dataPlane.service.catalog.publishedPage())
    default:
      return .text(
        404,
        "here are /healthz, /readyz, /metrics, /status.json, /configuration.json, /openapi.json "
          + "and /docs\n")
    }
  }

  static func reject(_ rejection: Rejection, _ request: HTTPRequest?) -> HTTPResponse {
    switch rejection {
    case .bodyTooLarge: .text(413, "no body is wanted here\n")
    case .tooSlow: .text(408, "the request was not sent whole in time\n")
    case .malformed(let rule): .text(400, rule + "\n")
    case .overloaded: .text(503, "too many requests at once\n")
    }
  }

  var reasonsNotReady: [String] {
    isDraining() ? ["the gateway is shutting down"] : dataPlane.service.reasonsNotReady
  }

  /// What does not fail requests, but should be looked at.
  var warnings: [String] {
    dataPlane.service.certificateWarnings(now: TimeSource.system.unixSeconds())
      + [lasting.storeTrouble.warning(now: .now)].compactMap(\.self)
      + (lasting.logs?.warnings ?? [])
  }

  private func readiness() -> HTTPResponse {
    let reasons = reasonsNotReady
    return .json(
      reasons.isEmpty ? 200 : 503,
      [
        "ready": .bool(reasons.isEmpty), "reasons": .array(reasons.map(JSONValue.string)),
        "warnings": .array(warnings.map(JSONValue.string)),
      ])
  }
}

extension HTTPResponse {
  fileprivate static func text(_ status: Int, _ text: String, headers: Headers = [:])
    -> HTTPResponse
  {
    var headers = headers
    headers["Content-Type"] = "text/plain; charset=utf-8"
    return HTTPResponse(status: status, headers: headers, body: Array(text.utf8))
  }

  fileprivate static func json(_ status: Int, _ value: JSONValue) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: value.serialized())
  }

  fileprivate static func html(_ page: String) -> HTTPResponse {
    HTTPResponse(
      status: 200, headers: ["Content-Type": "text/html; charset=utf-8"], body: Array(page.utf8))
  }

  /// Scripts and styles stand in the page itself; it loads nothing but `/status.json`.
  fileprivate static func page(_ bytes: [UInt8]) -> HTTPResponse {
    HTTPResponse(
      status: 200,
      headers: [
        "Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy":
          "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
          + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
      ], body: bytes)
  }
}
