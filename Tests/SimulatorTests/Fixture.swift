// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import HTTP
internal import JSON

@testable internal import Simulator

/// Keys that every test may share: making them is slow.
struct TestKeys: Sendable {
  let merchant: RSAPrivateKey
  let merchantCertificate: Certificate
  let other: RSAPrivateKey
  let identity: Platform.Identity
  let publicKey: Signer

  static let shared = Result<TestKeys, CryptographyError> { () throws(CryptographyError) in
    try TestKeys()
  }

  private init() throws(CryptographyError) {
    merchant = try .generate(bits: 2048)
    other = try .generate(bits: 2048)
    merchantCertificate = try Self.certificate(for: merchant, from: Fixture.start)
    identity = try Platform.makeIdentity(now: Fixture.start)
    publicKey = Signer(serial: "PUB_KEY_ID_0119000000012024", key: try .generate(bits: 2048))
  }

  static func certificate(
    for key: RSAPrivateKey, from start: Moment, lifetime: Int64 = 86_400 * 365
  ) throws(CryptographyError) -> Certificate {
    try .selfSigned(
      CertificateContents(
        commonName: "1900000001", notBefore: start.secondsSince1970 - 3600,
        notAfter: start.secondsSince1970 + lifetime),
      key: key)
  }
}

/// A stand-in with one merchant, one batch and a clock that only the test moves.
struct Fixture: Sendable {
  static let start = Moment(millisecondsSince1970: 1_700_000_000_120)
  static let merchant = "1900000001"
  static let stranger = "1900000002"
  static let stock = "98065001"
  static let uploadPath = "/v3/marketing/busifavor/stocks/98065001/couponcodes"
  static let apiKey = Array("0123456789abcdef0123456789ABCDEF".utf8)

  let keys: TestKeys
  let standIn: StandIn
  let clock = Guarded(Fixture.start)

  init(
    uploadLimit: Int = 1000, codeMode: Batch.CodeMode = .merchantUpload,
    requestsPerSecond: Int? = nil,
    codesPerSecond: Int? = nil, hasCertificates: Bool = true, hasPublicKey: Bool = true,
    mode: Platform.SigningMode = .certificate, merchantCertificate: Certificate? = nil
  ) throws {
    keys = try TestKeys.shared.get()
    var settings = SimulatorConfiguration()
    settings.batches = [
      .init(id: Self.stock, merchant: Self.merchant, codeMode: codeMode, uploadLimit: uploadLimit),
      .init(id: "98065002", merchant: Self.stranger),
    ]
    let clock = self.clock
    let certificate = merchantCertificate ?? keys.merchantCertificate
    standIn = StandIn(
      merchants: [
        Merchant(id: Self.merchant, certificates: [certificate], apiV3Key: try .init(Self.apiKey)),
        Merchant(
          id: Self.stranger, certificates: [keys.identity.certificate],
          apiV3Key: try .init(Self.apiKey)),
      ],
      platform: Platform(
        identities: hasCertificates ? [keys.identity] : [],
        publicKey: hasPublicKey ? keys.publicKey : nil,
        mode: mode, strangerKey: keys.other),
      books: settings.makeBooks(now: Self.start), requestsPerSecond: requestsPerSecond,
      codesPerSecond: codesPerSecond, journalLimit: 50, now: { clock.withLock { $0 } })
  }

  /// What goes into an Authorization header; a test changes what it wants to be wrong.
  struct Signing {
    var merchant = Fixture.merchant
    var nonce = SecureRandom.alphanumeric(count: 32)
    var timestamp: String
    var serial: String
    var key: RSAPrivateKey
    /// `nil`: the header is made from the members above.
    var header: String?
  }

  /// A request as an official SDK would send it, but for what is changed.
  func request(
    _ method: String, _ target: String, body: String = "", headers: Headers = [:],
    editing edit: (inout Headers) -> Void = { _ in },
    signing change: (inout Signing) -> Void = { _ in }
  ) throws -> HTTPRequest {
    var signing = Signing(
      timestamp: String(clock.withLock { $0 }.secondsSince1970),
      serial: keys.merchantCertificate.serialNumber, key: keys.merchant)
    change(&signing)
    let message = "\(method)\n\(target)\n\(signing.timestamp)\n\(signing.nonce)\n\(body)\n"
    let signature = Base64.encode(try signing.key.sign(Array(message.utf8)))
    let fields = [
      "mchid=\"\(signing.merchant)\"", "nonce_str=\"\(signing.nonce)\"",
      "signature=\"\(signature)\"",
      "timestamp=\"\(signing.timestamp)\"", "serial_no=\"\(signing.serial)\"",
    ]
    var all: Headers = [
      "Host": "127.0.0.1", "User-Agent": "test/1.0", "Accept": "application/json",
      "Authorization": signing.header ?? "WECHATPAY2-SHA256-RSA2048 "
        + fields.joined(separator: ","),
    ]
    if !body.isEmpty { all["Content-Type"] = "application/json" }
    for field in headers.fields { all[field.name] = field.value }
    edit(&all)
    let halves = target.split(separator: "?", maxSplits: 1)
    return HTTPRequest(
      method: method, path: String(halves[0]), query: halves.count == 2 ? String(halves[1]) : nil,
      headers: all, body: Array(body.utf8))
  }

  func answer(
    _ method: String, _ target: String, body: String = "", headers: Headers = [:],
    signing change: (inout Signing) -> Void = { _ in }
  ) async throws -> TestAnswer {
    TestAnswer(
      await standIn.answer(
        try request(method, target, body: body, headers: headers, signing: change)))
  }

  func upload(_ codes: [String], number: String, stock: String = Fixture.stock) async throws
    -> TestAnswer
  {
    let body: JSONValue = [
      "coupon_code_list": .array(codes.map { .string($0) }), "upload_request_no": .string(number),
    ]
    return try await answer(
      "POST", "/v3/marketing/busifavor/stocks/\(stock)/couponcodes",
      body: String(decoding: body.serialized(), as: UTF8.self))
  }

  func wait(milliseconds: Int64) {
    clock.withLock { $0 = Moment(millisecondsSince1970: $0.millisecondsSince1970 + milliseconds) }
  }

  func set(_ fault: Fault, times: Int? = 1) {
    standIn.faults.withLock { queue in
      _ = queue.add(FaultRule(skip: 0, times: times, fault: fault))
    }
  }

  /// Whether a client that knows these keys, and the time, would trust the answer.
  func verifies(_ answer: TestAnswer) -> Bool {
    let headers = answer.response.headers
    guard let serial = headers["Wechatpay-Serial"], let nonce = headers["Wechatpay-Nonce"],
      let timestamp = headers["Wechatpay-Timestamp"], let seconds = Int64(timestamp),
      abs(seconds - clock.withLock { $0 }.secondsSince1970) < 300,
      let signature = headers["Wechatpay-Signature"].flatMap({ Base64.decode($0) })
    else { return false }
    let known = standIn.platform.identities.map {
      ($0.certificate.serialNumber, $0.certificate.publicKey)
    }
    let publicKey = standIn.platform.publicKeySigner.map { [($0.serial, $0.key.publicKey)] } ?? []
    guard let key = (known + publicKey).first(where: { $0.0 == serial })?.1 else { return false }
    return key.isValid(
      signature: signature,
      for: Array("\(timestamp)\n\(nonce)\n".utf8) + answer.response.body + [UInt8(ascii: "\n")])
  }
}

struct TestAnswer: Sendable {
  let response: HTTPResponse
  /// The body as JSON; `null` when it is none.
  let json: JSONValue

  init(_ response: HTTPResponse) {
    self.response = response
    json = (try? JSONValue(parsing: response.body)) ?? .null
  }

  var status: Int { response.status }
  var delivery: HTTPResponse.Delivery { response.delivery }
  var code: String? { json["code"]?.stringValue }
  func strings(_ name: String) -> [String] {
    json[name]?.arrayValue?.compactMap(\.stringValue) ?? []
  }
}
