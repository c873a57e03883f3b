// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore
internal import HTTP

extension Reply {
  var response: HTTPResponse {
    var headers = Headers(capacity: 8)
    if let contentType { headers.append("Content-Type", contentType) }
    if replayed { headers.append("Idempotent-Replayed", "true") }
    if recovered { headers.append("Idempotent-Recovered", "true") }
    if let upstreamRequestID { headers.append("Wechatpay-Request-Id", upstreamRequestID) }
    return HTTPResponse(status: status, headers: headers, body: body)
  }
}

extension Headers {
  /// draft-ietf-httpapi-ratelimit-headers-09: structured fields, whole seconds.
  mutating func add(_ quota: Quota, operation: Quota? = nil, caller: Quota? = nil) {
    var policy = quota.policy(of: "merchant")
    var state = quota.state(of: "merchant")
    func add(_ other: Quota?, of name: String) {
      guard let other else { return }
      policy += ", " + other.policy(of: name)
      state += ", " + other.state(of: name)
    }
    add(operation, of: "operation")
    add(caller, of: "caller")
    append("RateLimit-Policy", policy)
    append("RateLimit", state)
  }

  /// W3C Server Timing, in milliseconds: the policies together, then each stage.
  mutating func addServerTiming(_ times: [Journal.StageTime]) {
    guard !times.isEmpty else { return }
    let policies = times.reduce(0) { $0 + ($1.stage.isPolicy ? $1.nanoseconds : 0) }
    let entries = [("policies", policies)] + times.map { ("\($0.stage.name)", $0.nanoseconds) }
    append(
      "Server-Timing",
      entries.map { name, nanoseconds in
        let microseconds = nanoseconds / 1000
        return
          "\(name);dur=\(microseconds / 1000).\(String(1000 + microseconds % 1000).dropFirst())"
      }.joined(separator: ", "))
  }
}

extension Quota {
  fileprivate func policy(of name: String) -> String {
    item(name, ";q=", limit, ";w=", Int(wholeSeconds(window, of: limit, atLeast: 1)))
  }

  fileprivate func state(of name: String) -> String {
    item(name, ";r=", remaining, ";t=", Int(wholeSeconds(reset, of: limit - remaining, atLeast: 0)))
  }

  /// By bytes: every answer has two of them, and an interpolation costs three times as much.
  private func item(
    _ name: String, _ first: String, _ amount: Int, _ second: String, _ seconds: Int
  ) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(64)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: name.utf8)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: first.utf8)
    bytes.append(contentsOf: String(amount).utf8)
    bytes.append(contentsOf: second.utf8)
    bytes.append(contentsOf: String(seconds).utf8)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Rounded up, but for what rounding each request's interval up has added, less than a nanosecond for
/// each: three a second are three in one second, not in two.
private func wholeSeconds(
  _ duration: Duration, of requests: Int, atLeast least: Int64
) -> Int64 {
  let rounding = Int64(max(0, requests - 1))
  return max(least, (nanoseconds(duration) - rounding + 999_999_999) / 1_000_000_000)
}
