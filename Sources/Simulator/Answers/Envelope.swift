// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import HTTP
internal import HTTPServer
internal import JSON

/// Writes and signs answers, and spoils their signatures when a fault says so.
struct Envelope: Sendable {
  let platform: Platform
  /// The wall clock.
  let now: @Sendable () -> Moment

  /// - Parameter requested: the request's `Wechatpay-Serial`.
  func seal(_ outcome: Outcome, requested: String?, _ fault: Fault? = nil) -> HTTPResponse {
    let body = outcome.body?.serialized() ?? []
    let signer = signer(requested: requested, isCertificates: outcome.isCertificates, fault)
    var headers = plainHeaders()
    if outcome.isSigned { sign(&headers, body: body, with: signer, fault) }
    for field in outcome.headers.fields { headers.append(field.name, field.value) }
    if outcome.body == nil { headers["Content-Type"] = nil }
    return HTTPResponse(status: outcome.status, headers: headers, body: body)
  }

  /// A body that is not ours to write, signed.
  func seal(raw body: [UInt8], status: Int, requested: String?) -> HTTPResponse {
    var headers = plainHeaders()
    sign(&headers, body: body, with: platform.signer(requested: requested), nil)
    return HTTPResponse(status: status, headers: headers, body: body)
  }

  /// What a proxy in between answers: HTML without a signature.
  static func proxyPage(_ status: Int) -> HTTPResponse {
    let text =
      "<html><head><title>\(status)</title></head><body><h1>\(status)</h1></body></html>\r\n"
    return HTTPResponse(
      status: status, headers: ["Content-Type": "text/html", "Server": "proxy"],
      body: Array(text.utf8))
  }

  private func signer(requested: String?, isCertificates: Bool, _ fault: Fault?) -> Signer? {
    let honest = platform.signer(requested: requested, forCertificates: isCertificates)
    switch fault {
    case .wrongSignature:
      guard let honest, let stranger = try? platform.stranger() else { return nil }
      return Signer(serial: honest.serial, key: stranger.key)
    case .unknownSerial:
      return try? platform.stranger()
    default:
      return honest
    }
  }

  /// Adds the signature's headers. Without a key that can sign there are none: a client that
  /// verifies notices.
  private func sign(
    _ headers: inout Headers, body: [UInt8], with signer: Signer?, _ fault: Fault?
  ) {
    var moment = now()
    if case .oldTimestamp(let seconds) = fault {
      moment = moment.advanced(bySeconds: -seconds)
    }
    guard let signature = try? signer?.headers(for: body, at: moment) else { return }
    for field in signature.fields { headers.append(field.name, field.value) }
    switch fault {
    case .signTest:
      headers["Wechatpay-Signature"] =
        "WECHATPAY/SIGNTEST/" + Base64.encode(SecureRandom.bytes(count: 237))
    case .missingHeaders(let names):
      for name in names { headers[name] = nil }
    default:
      break
    }
  }

  private func plainHeaders() -> Headers {
    [
      // By the stand-in's clock, which may be set otherwise than the machine's.
      "Date": HTTPDate.text(max(0, now().secondsSince1970)),
      "Content-Type": "application/json; charset=utf-8",
      "Request-ID": "08\(Hexadecimal.uppercase(SecureRandom.bytes(count: 16)))-0",
      "Cache-Control": "no-cache, must-revalidate",
      "X-Content-Type-Options": "nosniff",
    ]
  }
}
