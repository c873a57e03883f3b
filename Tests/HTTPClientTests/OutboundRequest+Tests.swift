// SPDX-License-Identifier: Apache-2.0
import HTTP
import TestSupport

extension OutboundRequest {
  static func get(
    _ origin: String, _ target: String = "/x", timeout: Duration = .seconds(20)
  ) -> OutboundRequest {
    OutboundRequest(
      method: "GET", origin: origin, target: target, headers: [:], body: nil, timeout: timeout)
  }

  static func get(
    _ server: ScriptedServer, _ target: String = "/x", timeout: Duration = .seconds(20)
  ) -> OutboundRequest {
    get(server.origin, target, timeout: timeout)
  }

  static func post(
    _ server: ScriptedServer, _ target: String = "/x", body: String = "{}", headers: Headers = [:],
    timeout: Duration = .seconds(20)
  ) -> OutboundRequest {
    OutboundRequest(
      method: "POST", origin: server.origin, target: target, headers: headers,
      body: Array(body.utf8),
      timeout: timeout)
  }
}

extension OutboundRequest {
  static func with(header name: String, _ value: String) -> OutboundRequest {
    var request = get("http://127.0.0.1:1")
    request.headers.append(name, value)
    return request
  }

  static func with(method: String) -> OutboundRequest {
    var request = get("http://127.0.0.1:1")
    request.method = method
    return request
  }
}
