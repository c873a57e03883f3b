// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import HTTP
internal import JSON

/// WeChat Pay, as far as a merchant can tell: checks, works, signs, and misbehaves when it was told
/// to.
final class StandIn: Sendable {
  let platform: Platform
  let books: Guarded<Books>
  let faults = Guarded(FaultQueue())
  let journal: Guarded<Journal>
  /// By how many seconds WeChat Pay's clock is ahead of this computer's.
  let clockOffsetSeconds: Guarded<Int64>
  private let initialBooks: Books
  private let initialJournal: Journal
  private let admission: Admission
  private let envelope: Envelope
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
    let offset = Guarded<Int64>(0)
    let now = { @Sendable in now().advanced(bySeconds: offset.withLock { $0 }) }
    clockOffsetSeconds = offset
    self.platform = platform
    self.books = Guarded(books)
    initialBooks = books
    initialJournal = Journal(limit: journalLimit)
    journal = Guarded(initialJournal)
    admission = Admission(merchants: merchants)
    envelope = Envelope(platform: platform, now: now)
    requestQuota = Guarded(CallQuota(perSecond: requestsPerSecond))
    codeQuota = Guarded(CallQuota(perSecond: codesPerSecond))
    self.now = now
  }

  /// Answers one request, and notes it in the journal.
  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let fault = faults.withLock { $0.take(for: request) }
    let received = now()
    let number = journal.withLock { $0.received(request, fault: fault, at: received) }
    let (response, code) = await act(on: request, fault)
    let status = response.delivery == .nothing ? 0 : response.status
    journal.withLock { $0.answered(number, status: status, code: code) }
    return response
  }

  /// Answers what the HTTP layer refused: an unreadable request, a body that is too large.
  func reject(_ refusal: Refusal) -> HTTPResponse {
    envelope.seal(Outcome(refusal), requested: nil)
  }

  /// Back to the start: books, faults, clock and counters. Nonces and keys stay, as they would at
  /// WeChat Pay.
  func reset() {
    clockOffsetSeconds.withLock { $0 = 0 }
    faults.withLock { $0.removeAll() }
    books.withLock { $0 = initialBooks }
    journal.withLock { $0 = initialJournal }
  }

  private func act(
    on request: HTTPRequest, _ fault: Fault?
  ) async -> (HTTPResponse, code: String?) {
    let requested = request.headers["Wechatpay-Serial"]
    switch fault {
    case .status(let status, let code, let message, let headers, let isSigned):
      var outcome = Outcome(
        Refusal(status: status, code: code, message: message, headers: headers))
      outcome.isSigned = isSigned
      return (envelope.seal(outcome, requested: requested), code)
    case .notJSON(let status):
      return (Envelope.proxyPage(status), nil)
    case .raw(let status, let body):
      return (envelope.seal(raw: body, status: status, requested: requested), nil)
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
      .missingHeaders, .oversizedBody, .quirks:
      break
    }
    var outcome = work(on: request)
    if fault == .quirks { outcome.body = outcome.body.map(Quirks.spell) }
    if case .oversizedBody(let bytes) = fault {
      var object = outcome.body?.objectValue ?? JSONObject()
      object["padding"] = .string(String(repeating: "x", count: bytes))
      outcome.body = .object(object)
    }
    var response = envelope.seal(outcome, requested: requested, fault)
    switch fault {
    case .cut(let bytes): response.delivery = .cut(afterBytes: bytes ?? response.body.count / 2)
    case .drip(let bytes, let interval): response.delivery = .drip(bytes: bytes, every: interval)
    default: break
    }
    return (response, outcome.code)
  }

  private static var silence: HTTPResponse {
    var response = HTTPResponse(status: 200)
    response.delivery = .nothing
    return response
  }

  private func work(on request: HTTPRequest) -> Outcome {
    do {
      return try serve(request)
    } catch {
      return Outcome(error)
    }
  }

  private func serve(_ request: HTTPRequest) throws(Refusal) -> Outcome {
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
      return Outcome(try platform.certificates(for: merchant), isCertificates: true)
    case .books(let operation):
      if match.spendsCodes {
        let amount = call.body.object["coupon_code_list"]?.arrayValue?.count ?? 0
        guard codeQuota.withLock({ $0.spend(amount, of: merchant.id, now: now) }) else {
          throw .frequencyLimited
        }
      }
      return Outcome(try books.withLock { books throws(Refusal) in try operation(&books, call) })
    }
  }
}
