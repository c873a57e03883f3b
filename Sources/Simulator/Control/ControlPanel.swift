// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import HTTP
internal import JSON

/// The control listener: sets faults, rotates certificates, shows the books. See
/// `docs/simulator.md`.
struct ControlPanel: Sendable {
  private let standIn: StandIn
  /// Where platform certificates are written, if anywhere.
  private let folder: PlatformFolder?
  private let now: @Sendable () -> Moment

  init(
    _ standIn: StandIn, folder: PlatformFolder?, now: @escaping @Sendable () -> Moment = Moment.now
  ) {
    self.standIn = standIn
    self.folder = folder
    self.now = now
  }

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    do {
      return try act(on: request)
    } catch {
      return Self.json(400, ["error": .string(error.message)])
    }
  }

  static func json(_ status: Int, _ value: JSONValue) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"],
      body: value.serialized() + [UInt8(ascii: "\n")])
  }

  private func act(on request: HTTPRequest) throws(ControlMistake) -> HTTPResponse {
    switch (request.method, request.path) {
    case ("GET", "/faults"):
      let count = standIn.faults.withLock { $0.rules.count }
      return Self.json(200, ["waiting": JSONValue(integerLiteral: count)])
    case ("POST", "/faults"): return try addFaults(request)
    case ("DELETE", "/faults"):
      standIn.faults.withLock { $0.removeAll() }
      return HTTPResponse(status: 204)
    case ("GET", "/certificates"): return Self.json(200, try certificates())
    case ("POST", "/certificates/rotate"): return try rotate(request)
    case ("POST", "/certificates/sign-with"): return try signWith(request)
    case ("POST", "/certificates/retire"): return try retire(request)
    case ("POST", "/clock"): return try setClock(request)
    case ("GET", "/books"): return Self.json(200, BooksReport(standIn).value)
    case ("GET", "/requests"): return Self.json(200, try requests(request))
    case ("POST", "/reset"):
      standIn.reset()
      return HTTPResponse(status: 204)
    default:
      let known = [
        "GET|POST|DELETE /faults", "GET /certificates", "POST /certificates/rotate",
        "POST /certificates/sign-with", "POST /certificates/retire", "GET /books",
        "GET /requests?last=N",
        "POST /clock", "POST /reset",
      ]
      return Self.json(404, ["error": .string("there are: \(known.joined(separator: ", "))")])
    }
  }

  private func body(of request: HTTPRequest) throws(ControlMistake) -> JSONValue {
    guard !request.body.isEmpty else { return [:] }
    do {
      return try JSONValue(parsing: request.body)
    } catch {
      throw ControlMistake("not JSON: \(error.message)")
    }
  }

  /// One rule, or an array of them: all are set or none.
  private func addFaults(_ request: HTTPRequest) throws(ControlMistake) -> HTTPResponse {
    let value = try body(of: request)
    var rules: [FaultRule] = []
    for element in value.arrayValue ?? [value] { rules.append(try FaultRule(reading: element)) }
    let fit = standIn.faults.withLock { queue in
      queue.rules.count + rules.count <= FaultQueue.limit && rules.allSatisfy { queue.add($0) }
    }
    guard fit else {
      throw ControlMistake("more than \(FaultQueue.limit) faults; DELETE /faults first")
    }
    return HTTPResponse(status: 204)
  }

  private func certificates() throws(ControlMistake) -> JSONValue {
    do {
      return try describePlatform()
    } catch {
      throw ControlMistake("a key cannot be written as PEM: \(error)")
    }
  }

  private func describePlatform() throws(CryptographyError) -> JSONValue {
    let platform = standIn.platform
    var list: [JSONValue] = []
    for identity in platform.identities {
      list.append([
        "serial_no": .string(identity.certificate.serialNumber),
        "signs": .bool(identity.certificate.serialNumber == platform.signingSerial),
        "pem": .string(String(decoding: try identity.certificate.pem, as: UTF8.self)),
      ])
    }
    var object = JSONObject()
    object["signs_with"] = .string(platform.mode.rawValue)
    object["certificates"] = .array(list)
    if let publicKey = platform.publicKeySigner {
      object["public_key"] = [
        "id": .string(publicKey.serial),
        "pem": .string(String(decoding: try publicKey.key.publicKey.pem, as: UTF8.self)),
      ]
    }
    return .object(object)
  }

  private func rotate(_ request: HTTPRequest) throws(ControlMistake) -> HTTPResponse {
    let fields = try ControlFields(
      try body(of: request), named: "the rotation",
      allowed: ["sign", "retire_old", "lifetime_seconds"])
    let signs = try fields.bool("sign") ?? true
    let retiresOld = try fields.bool("retire_old") ?? false
    let lifetime = try fields.integer("lifetime_seconds", 1...1_000_000_000)
    let platform = standIn.platform
    let old = platform.signingSerial
    let identity: Platform.Identity
    do {
      identity = try Platform.makeIdentity(
        now: now(), lifetime: Int64(lifetime ?? 5 * 365 * 86_400))
      try folder?.write(identity)
    } catch {
      throw ControlMistake("no certificate could be made: \(error)")
    }
    platform.add(identity)
    let serial = identity.certificate.serialNumber
    if signs {
      _ = platform.sign(with: serial)
      if retiresOld, let old { _ = platform.retire(old) }
    }
    return Self.json(200, try certificates())
  }

  private func signWith(_ request: HTTPRequest) throws(ControlMistake) -> HTTPResponse {
    let fields = try ControlFields(
      try body(of: request), named: "the choice", allowed: ["serial_no", "mode"])
    if let serial = try fields.string("serial_no"), !standIn.platform.sign(with: serial) {
      throw ControlMistake("there is no platform certificate \(serial)")
    }
    if let text = try fields.string("mode") {
      guard let mode = Platform.SigningMode(rawValue: text) else {
        let modes = Platform.SigningMode.allCases.map(\.rawValue)
        throw ControlMistake("mode must be one of \(modes.joined(separator: ", "))")
      }
      standIn.platform.setMode(mode)
    }
    return Self.json(200, try certificates())
  }

  private func retire(_ request: HTTPRequest) throws(ControlMistake) -> HTTPResponse {
    let fields = try ControlFields(
      try body(of: request), named: "the certificate", allowed: ["serial_no"])
    guard let serial = try fields.string("serial_no"), standIn.platform.retire(serial) else {
      throw ControlMistake("serial_no must be that of a platform certificate that does not sign")
    }
    return Self.json(200, try certificates())
  }

  private func setClock(_ request: HTTPRequest) throws(ControlMistake) -> HTTPResponse {
    let fields = try ControlFields(
      try body(of: request), named: "the clock", allowed: ["offset_seconds"])
    guard let offset = try fields.integer("offset_seconds", -1_000_000...1_000_000) else {
      throw ControlMistake("offset_seconds is required")
    }
    standIn.clockOffsetSeconds.withLock { $0 = Int64(offset) }
    return HTTPResponse(status: 204)
  }

  private func requests(_ request: HTTPRequest) throws(ControlMistake) -> JSONValue {
    var amount = 100
    if let query = request.query {
      guard query.hasPrefix("last="), let number = Int(query.dropFirst(5)), number > 0 else {
        throw ControlMistake("the query must be last=N")
      }
      amount = number
    }
    let entries = standIn.journal.withLock { $0.last(amount) }
    return ["requests": .array(entries.map { $0.description })]
  }
}
