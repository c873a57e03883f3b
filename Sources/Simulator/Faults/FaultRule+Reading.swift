// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

/// What is wrong with something that was sent to the control listener, in the reader's words.
struct ControlMistake: Error, Equatable {
  var message: String

  init(_ message: String) { self.message = message }
}

extension FaultRule {
  /// Reads `{"match": {…}, "skip": n, "times": n, "fault": {"kind": …, …}}`; see
  /// `docs/simulator.md`.
  ///
  /// `times` is 1 when it is absent, and `0` stands for all requests to come.
  init(reading value: JSONValue) throws(ControlMistake) {
    let top = try ControlFields(
      value, named: "the fault rule", allowed: ["match", "skip", "times", "fault"])
    let match = try ControlFields(
      top.object["match"] ?? [:], named: "match",
      allowed: ["path_prefix", "merchant", "method", "body_contains"])
    pathPrefix = try match.string("path_prefix")
    merchant = try match.string("merchant")
    method = try match.string("method")
    bodyContains = try match.string("body_contains")
    skip = try top.integer("skip", 0...1_000_000) ?? 0
    let count = try top.integer("times", 0...1_000_000) ?? 1
    times = count == 0 ? nil : count
    guard let inner = top.object["fault"] else { throw ControlMistake("fault is required") }
    fault = try Fault(reading: inner)
  }
}

extension Fault {
  init(reading value: JSONValue) throws(ControlMistake) {
    guard let kind = value["kind"]?.stringValue else {
      throw ControlMistake("fault.kind is required")
    }
    guard let members = Self.kinds[kind] else {
      throw ControlMistake(
        "there is no fault \(kind); there are \(Self.kinds.keys.sorted().joined(separator: ", "))")
    }
    let fields = try ControlFields(value, named: "fault \(kind)", allowed: ["kind"] + members)
    switch kind {
    case "status":
      let status = try fields.integer("status", 100...599) ?? 500
      self = .status(
        status, code: try fields.string("code") ?? "SYSTEM_ERROR",
        message: try fields.string("message") ?? "系统错误",
        headers: try fields.headers("headers"), signed: try fields.bool("signed") ?? (status != 401)
      )
    case "delay": self = .delay(try fields.duration("milliseconds") ?? .seconds(1))
    case "no_answer":
      self = .noAnswer(
        hold: try fields.duration("milliseconds") ?? .seconds(60),
        doesWork: try fields.bool("does_work") ?? false)
    case "close": self = .close(doesWork: try fields.bool("does_work") ?? false)
    case "answer_then_lose": self = .close(doesWork: true)
    case "cut": self = .cut(afterBytes: try fields.integer("after_bytes", 0...1_000_000))
    case "drip":
      self = .drip(
        bytes: try fields.integer("bytes", 1...1_000_000) ?? 1,
        every: try fields.duration("milliseconds") ?? .milliseconds(100))
    case "wrong_signature": self = .wrongSignature
    case "signtest": self = .signTest
    case "old_timestamp":
      self = .oldTimestamp(
        seconds: Int64(try fields.integer("seconds", -1_000_000...1_000_000) ?? 600))
    case "unknown_serial": self = .unknownSerial
    case "missing_headers":
      self = .missingHeaders(try fields.strings("headers") ?? Self.signatureHeaders)
    case "not_json": self = .notJSON(status: try fields.integer("status", 100...599) ?? 502)
    case "oversized_body":
      self = .oversizedBody(bytes: try fields.integer("bytes", 1...64_000_000) ?? 4_000_000)
    case "raw":
      self = .raw(
        status: try fields.integer("status", 100...599) ?? 200,
        body: Array((try fields.string("body") ?? "").utf8))
    default: self = .quirks
    }
  }

  /// The headers that a client verifies an answer with.
  static let signatureHeaders = [
    "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial",
    "Wechatpay-Signature-Type",
  ]

  /// Every kind with its members.
  static let kinds: [String: [String]] = [
    "status": ["status", "code", "message", "headers", "signed"],
    "delay": ["milliseconds"],
    "no_answer": ["milliseconds", "does_work"],
    "close": ["does_work"],
    "answer_then_lose": [],
    "cut": ["after_bytes"],
    "drip": ["bytes", "milliseconds"],
    "wrong_signature": [],
    "signtest": [],
    "old_timestamp": ["seconds"],
    "unknown_serial": [],
    "missing_headers": ["headers"],
    "not_json": ["status"],
    "oversized_body": ["bytes"],
    "raw": ["status", "body"],
    "quirks": [],
  ]
}
