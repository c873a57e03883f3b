// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import HTTP
internal import JSON

/// WeChat Pay, as far as a merchant can tell: checks, works, signs, and misbehaves when it was told to.
final class StandIn: Sendable {
  let platform: Platform
  let books: Guarded<Books>
  let faults = Guarded(FaultQueue())
  let journal: Guarded<Journal>
  /// What the books held at the start, for a reset.
  let initialBooks: Books
  let initialJournal: Journal
  private let admission: Admission
  private let requestQuota: Guarded<CallQuota>
  private let codeQuota: Guarded<CallQuota>
  private let now: @Sendable () -> Moment

  /// - Parameters:
  ///   - requestsPerSecond, codesPerSecond: per merchant; `nil`: no limit.
  ///   - journalLimit: requests kept for `GET /requests`.
  ///   - now: the wall clock.
  init(
    merchants: [Merchant], platform: Platform, books: Books, requestsPerSecond: Int? = nil,
    codesPerSecond: Int? = nil, journalLimit: Int = 1000,
    now: @escaping @Sendable () -> Moment = Moment.now
  ) {
    self.platform = platform
    self.books = Guarded(books)
    initialBooks = books
    initialJournal = Journal(limit: journalLimit)
    journal = Guarded(initialJournal)
    admission = Admission(merchants: merchants)
    requestQuota = Guarded(CallQuota(perSecond: requestsPerSecond))
    codeQuota = Guarded(CallQuota(perSecond: codesPerSecond))
    self.now = now
  }

  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let fault = faults.withLock { $0.take(for: request) }
    let received = now()
    let number = journal.withLock { $0.received(request, fault: fault, at: received) }
    let (response, code) = await act(on: request, fault)
    let status = response.delivery == .nothing ? 0 : response.status
    journal.withLock { $0.answered(number, status: status, code: code) }
    return response
  }

  /// A refusal of the HTTP layer: an unreadable request, a body that is too large.
  func reject(_ refusal: Refusal) -> HTTPResponse {
    signed(Result(refusal), request: nil, with: platform.signer(requested: nil))
  }

  // MARK: One request

  /// The work's result before it becomes an HTTP response.
  private struct Result {
    var status: Int
    var body: JSONValue?
    var headers: Headers = [:]
    var isSigned = true
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

  private func act(on request: HTTPRequest, _ fault: Fault?) async -> (HTTPResponse, code: String?)
  {
    switch fault {
    case .status(let status, let code, let message, let headers, let isSigned):
      var result = Result(Refusal(status: status, code: code, message: message, headers: headers))
      result.isSigned = isSigned
      return (respond(result, to: request), code)
    case .notJSON(let status):
      return (Self.proxyPage(status), nil)
    case .raw(let status, let body):
      let headers = self.headers(
        for: body, with: platform.signer(requested: request.headers["Wechatpay-Serial"]))
      return (HTTPResponse(status: status, headers: headers, body: body), nil)
    case .noAnswer(let hold, let doesWork):
      if doesWork { _ = work(on: request) }
      // A cancelled sleep ends the hold early; the connection is closed either way.
      try? await Task.sleep(for: hold)
      return (Self.silence, nil)
    case .close(let doesWork):
      let code = doesWork ? work(on: request).code : nil
      return (Self.silence, code)
    case .delay(let delay):
      try? await Task.sleep(for: delay)
    case nil, .cut, .drip, .wrongSignature, .signTest, .oldTimestamp, .unknownSerial,
      .missingHeaders,
      .oversizedBody, .quirks:
      break
    }
    var result = work(on: request)
    if fault == .quirks { result.body = result.body.map(quirked) }
    if case .oversizedBody(let bytes) = fault {
      var object = result.body?.objectValue ?? JSONObject()
      object["padding"] = .string(String(repeating: "x", count: bytes))
      result.body = .object(object)
    }
    var response = respond(result, to: request, fault)
    switch fault {
    case .cut(let bytes): response.delivery = .cut(afterBytes: bytes ?? response.body.count / 2)
    case .drip(let bytes, let interval): response.delivery = .drip(bytes: bytes, every: interval)
    default: break
    }
    return (response, result.code)
  }

  private static var silence: HTTPResponse {
    var response = HTTPResponse(status: 200)
    response.delivery = .nothing
    return response
  }

  // MARK: The work

  private func work(on request: HTTPRequest) -> Result {
    do {
      return try serve(request)
    } catch {
      return Result(error)
    }
  }

  private func serve(_ request: HTTPRequest) throws(Refusal) -> Result {
    let now = now()
    let merchant = try admission.admit(request, now: now)
    if let serial = request.headers["Wechatpay-Serial"], !platform.knows(serial) {
      throw .parameter(
        "Wechatpay-Serial", in: "header", value: serial,
        issue: "Wechatpay-Serial is not a serial of WeChat Pay")
    }
    guard requestQuota.withLock({ $0.spend(1, of: merchant.id, now: now) }) else {
      throw .frequencyLimited
    }
    let match = try Routes.match(method: request.method, path: request.path)
    let call = try Call(request, merchant: merchant.id, path: match.path, now: now)
    switch match.work {
    case .certificates:
      return Result(try platform.certificates(for: merchant), isCertificates: true)
    case .books(let operation):
      if match.spendsCodes {
        let amount = call.body.object["coupon_code_list"]?.arrayValue?.count ?? 0
        guard codeQuota.withLock({ $0.spend(amount, of: merchant.id, now: now) }) else {
          throw .frequencyLimited
        }
      }
      return Result(try books.withLock { books throws(Refusal) in try operation(&books, call) })
    }
  }

  // MARK: The response

  private func respond(_ result: Result, to request: HTTPRequest, _ fault: Fault? = nil)
    -> HTTPResponse
  {
    let honest = platform.signer(
      requested: request.headers["Wechatpay-Serial"], forCertificates: result.isCertificates)
    switch fault {
    case .wrongSignature:
      return signed(
        result, request: request, with: Signer(serial: honest.serial, key: platform.stranger.key))
    case .unknownSerial:
      return signed(result, request: request, with: platform.stranger)
    case .signTest:
      var response = signed(result, request: request, with: honest)
      response.headers["Wechatpay-Signature"] =
        "WECHATPAY/SIGNTEST/" + Base64.encode(SecureRandom.bytes(count: 237))
      return response
    case .oldTimestamp(let seconds):
      return signed(result, request: request, with: honest, secondsAgo: seconds)
    case .missingHeaders(let names):
      var response = signed(result, request: request, with: honest)
      for name in names { response.headers[name] = nil }
      return response
    default:
      return signed(result, request: request, with: honest)
    }
  }

  private func signed(
    _ result: Result, request: HTTPRequest?, with signer: Signer, secondsAgo: Int64 = 0
  ) -> HTTPResponse {
    let body = result.body?.serialized() ?? []
    var headers =
      result.isSigned
      ? self.headers(for: body, with: signer, secondsAgo: secondsAgo) : Self.plainHeaders()
    for field in result.headers.fields { headers.append(field.name, field.value) }
    if result.body == nil { headers["Content-Type"] = nil }
    return HTTPResponse(status: result.status, headers: headers, body: body)
  }

  private func headers(for body: [UInt8], with signer: Signer, secondsAgo: Int64 = 0) -> Headers {
    let moment = Moment(secondsSince1970: now().secondsSince1970 - secondsAgo)
    var headers = Self.plainHeaders()
    // Unsigned when the key cannot sign: a client that verifies notices.
    guard let signature = try? signer.headers(for: body, at: moment) else { return headers }
    for field in signature.fields { headers.append(field.name, field.value) }
    return headers
  }

  private static func plainHeaders() -> Headers {
    [
      "Content-Type": "application/json; charset=utf-8",
      "Request-ID": "08\(Hexadecimal.uppercase(SecureRandom.bytes(count: 16)))-0",
      "Cache-Control": "no-cache, must-revalidate",
      "X-Content-Type-Options": "nosniff",
    ]
  }

  private static func proxyPage(_ status: Int) -> HTTPResponse {
    let text =
      "<html><head><title>\(status)</title></head><body><center><h1>\(status)</h1></center></body></html>\r\n"
    return HTTPResponse(
      status: status, headers: ["Content-Type": "text/html", "Server": "proxy"],
      body: Array(text.utf8))
  }
}

/// The answer to an upload as it has been seen outside the documentation.
private func quirked(_ body: JSONValue) -> JSONValue {
  guard var object = body.objectValue else { return body }
  for member in object.members {
    switch member.value {
    case .array(let elements) where elements.count == 1: object[member.name] = elements[0]
    case .number(let number): object[member.name] = .string(number.text)
    case .string(let text) where member.name == "success_time":
      object[member.name] = .string(String(text.map { $0 == "." ? ":" : $0 }))
    default: break
    }
  }
  return .object(object)
}
