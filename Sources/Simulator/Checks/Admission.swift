// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import HTTP

/// A merchant as WeChat Pay knows it.
struct Merchant: Sendable {
  var id: String
  /// More than one while the merchant changes its certificate.
  var certificates: [Certificate]
  /// 32 bytes.
  var apiV3Key: AES256GCM.Key
}

/// The checks that every request passes before anything is done, in WeChat Pay's order: headers,
/// form of the Authorization, merchant, time, serial number, signature, nonce.
struct Admission: Sendable {
  private let merchants: [String: Merchant]
  private let nonces = Guarded(NonceMemory())

  init(merchants: [Merchant]) {
    self.merchants = Dictionary(merchants.map { ($0.id, $0) }) { first, _ in first }
  }

  /// - Returns: the merchant that signed the request.
  func admit(_ request: HTTPRequest, now: Moment) throws(Refusal) -> Merchant {
    try checkHeaders(request)
    let authorization = try readAuthorization(request)
    guard let merchant = merchants[authorization.merchant] else {
      throw .sign("商户号不存在", field: "mchid", issue: "mchid is unknown")
    }
    try checkTimestamp(authorization.timestamp, now: now)
    guard authorization.nonce.utf8.count <= 32 else {
      throw .sign(
        "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》", field: "nonce_str",
        issue: "nonce_str is longer than 32 characters")
    }
    guard
      let certificate = merchant.certificates.first(where: {
        $0.serialNumber.utf8.elementsEqual(authorization.serialNumber.utf8)
      })
    else {
      throw .sign(
        "商户证书序列号有误。请使用签名私钥匹配的证书序列号", field: "serial_no", issue: "serial_no is not the merchant's")
    }
    try checkValidity(of: certificate, now: now)
    try checkSignature(of: request, authorization, with: certificate.publicKey)
    // Last, so that only the holder of the key can use up a nonce.
    guard nonces.withLock({ $0.insert(authorization.nonce, of: merchant.id, now: now) }) else {
      throw .sign(
        "Http头Authorization中的nonce_str重复", field: "nonce_str", issue: "nonce_str was used before")
    }
    return merchant
  }

  private func checkHeaders(_ request: HTTPRequest) throws(Refusal) {
    guard let agent = request.headers["User-Agent"], !agent.isEmpty else {
      throw headerRefusal(
        "User-Agent", message: "Http头缺少Accept或User-Agent", issue: "User-Agent is missing")
    }
    let accepted = request.headers.values(of: "Accept").flatMap { mediaTypes($0) }
    guard !accepted.isEmpty else {
      throw headerRefusal("Accept", message: "Http头缺少Accept或User-Agent", issue: "Accept is missing")
    }
    guard accepted.contains("application/json") || accepted.contains("*/*") else {
      throw headerRefusal(
        "Accept", message: "Http头Accept有误", issue: "Accept must allow application/json")
    }
    guard request.headers["Content-Encoding"] == nil else {
      throw headerRefusal(
        "Content-Encoding", message: "Http头Content-Encoding有误",
        issue: "an encoded body is not accepted")
    }
    let hasBody = !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method)
    let contentTypes = request.headers.values(of: "Content-Type")
    if hasBody, contentTypes.count != 1 || mediaTypes(contentTypes[0]) != ["application/json"] {
      throw headerRefusal(
        "Content-Type", message: "Http头Content-Type有误",
        issue: "Content-Type must be application/json")
    }
  }

  private func headerRefusal(_ name: String, message: String, issue: String) -> Refusal {
    var refusal = Refusal.parameter(name, in: "header", issue: issue)
    refusal.message = message
    return refusal
  }

  private func readAuthorization(_ request: HTTPRequest) throws(Refusal) -> Authorization {
    let values = request.headers.values(of: "Authorization")
    guard values.count == 1 else {
      throw .sign(
        values.isEmpty ? "Http头缺少Authorization" : "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》",
        field: "Authorization", issue: values.isEmpty ? "missing" : "more than one")
    }
    do {
      return try Authorization(parsing: values[0])
    } catch {
      switch error {
      case .scheme:
        throw .sign(
          "Http头Authorization认证类型不正确", field: "Authorization",
          issue: "the scheme must be \(Authorization.scheme)")
      case .format(let issue):
        throw .sign(
          "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》", field: "Authorization", issue: issue)
      }
    }
  }

  private func checkTimestamp(_ text: String, now: Moment) throws(Refusal) {
    // Digits only: `Int64("+1")` would read a sign as well.
    guard text.utf8.count <= 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let seconds = Int64(text)
    else {
      throw .sign(
        "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》", field: "timestamp",
        issue: "timestamp is not a number of seconds")
    }
    guard abs(seconds - now.secondsSince1970) <= NonceMemory.windowSeconds else {
      throw .sign(
        "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", field: "timestamp",
        issue: "timestamp is \(seconds - now.secondsSince1970) s from the server's time")
    }
  }

  private func checkValidity(of certificate: Certificate, now: Moment) throws(Refusal) {
    guard (certificate.notBefore...certificate.notAfter).contains(now.secondsSince1970) else {
      throw .sign("商户证书已过期", field: "serial_no", issue: "the certificate is not valid now")
    }
  }

  private func checkSignature(
    of request: HTTPRequest, _ authorization: Authorization, with key: RSAPublicKey
  ) throws(Refusal) {
    let target = request.target
    let head = "\(request.method)\n\(target)\n\(authorization.timestamp)\n\(authorization.nonce)\n"
    let message = Array(head.utf8) + request.body + [UInt8(ascii: "\n")]
    guard let signature = Base64.decode(authorization.signature),
      key.isValid(signature: signature, for: message)
    else {
      throw .signatureMismatch(
        method: request.method, target: target, timestamp: authorization.timestamp,
        length: message.count)
    }
  }
}

extension HTTPRequest {
  /// Path and query exactly as they came: what the signature is over.
  var target: String {
    if let query { "\(path)?\(query)" } else { path }
  }
}

/// The media types of a header value in lower case, without parameters and white space.
private func mediaTypes(_ value: String) -> [String] {
  value.split(separator: ",").map { part in
    let type = part.prefix { $0 != ";" }
    return type.filter { $0 != " " && $0 != "\t" }.lowercased()
  }
}
