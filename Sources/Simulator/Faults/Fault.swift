// SPDX-License-Identifier: Apache-2.0
internal import HTTP

/// One way to misbehave.
enum Fault: Sendable, Equatable {
  /// Answers this error and does nothing else. `signed: false` is what a proxy in between would
  /// send.
  case status(Int, code: String, message: String, headers: Headers, signed: Bool)
  /// Answers as always, but late.
  case delay(Duration)
  /// Says nothing for so long, then closes the connection.
  case noAnswer(hold: Duration, doesWork: Bool)
  /// Closes the connection instead of answering. With the work done this is an answer that got
  /// lost.
  case close(doesWork: Bool)
  /// Does the work and breaks off within the body; `nil`: in the middle.
  case cut(afterBytes: Int?)
  /// Sends the body in small pieces.
  case drip(bytes: Int, every: Duration)
  /// Signs with a key that is not the one it names.
  case wrongSignature
  /// Signs as WeChat Pay does to see whether a client really verifies: `WECHATPAY/SIGNTEST/…`.
  case signTest
  /// Signs correctly, but so many seconds ago (below zero: ahead).
  case oldTimestamp(seconds: Int64)
  /// Signs with a key whose serial number nobody has.
  case unknownSerial
  /// Leaves these headers of the answer out.
  case missingHeaders([String])
  /// Answers HTML, unsigned, as a proxy does.
  case notJSON(status: Int)
  /// Does the work and answers with so many bytes of valid, signed JSON.
  case oversizedBody(bytes: Int)
  /// Answers this text, signed, and does nothing else.
  case raw(status: Int, body: [UInt8])
  /// Does the work and spells the answer as WeChat Pay has been seen to: a count as text, a list of
  /// one as a single value, a colon before the milliseconds.
  case quirks
}

/// A fault, and the requests that it is for.
struct FaultRule: Sendable, Equatable {
  var pathPrefix: String?
  var merchant: String?
  var method: String?
  /// Text that the body must hold.
  var bodyContains: String?
  /// How many matching requests pass before the fault begins.
  var skip: Int
  /// How many matching requests it still hits; `nil`: all.
  var times: Int?
  var fault: Fault

  func matches(_ request: HTTPRequest) -> Bool {
    if let pathPrefix, !request.path.hasPrefix(pathPrefix) { return false }
    if let method, request.method != method { return false }
    if let merchant {
      // The signature is not checked yet; a fault may hit a request that would be refused.
      let header = request.headers["Authorization"] ?? ""
      guard (try? Authorization(parsing: header))?.merchant == merchant else { return false }
    }
    if let bodyContains, !request.body.contains(Array(bodyContains.utf8)) { return false }
    return true
  }
}

/// The faults that wait for their requests, in the order in which they were set.
struct FaultQueue: Sendable {
  /// More than any test sets at once.
  static let limit = 1000

  private(set) var rules: [FaultRule] = []

  /// - Returns: `false` when the queue is full.
  mutating func add(_ rule: FaultRule) -> Bool {
    guard rules.count < Self.limit else { return false }
    rules.append(rule)
    return true
  }

  mutating func removeAll() { rules = [] }

  /// The fault for this request: that of the first rule that matches and is not used up.
  mutating func take(for request: HTTPRequest) -> Fault? {
    for index in rules.indices where rules[index].matches(request) {
      if rules[index].skip > 0 {
        rules[index].skip -= 1
        continue
      }
      let fault = rules[index].fault
      if let times = rules[index].times {
        if times <= 1 { rules.remove(at: index) } else { rules[index].times = times - 1 }
      }
      return fault
    }
    return nil
  }
}
