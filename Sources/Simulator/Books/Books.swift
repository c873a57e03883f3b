// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Everything that WeChat Pay remembers: batches, coupons, request numbers, callback addresses,
/// subsidies.
///
/// Plain state: the operations are in `Operations/`, a file for each resource.
struct Books: Sendable {
  struct Limits: Sendable {
    /// Codes that one batch takes unless it is configured otherwise.
    var uploadsPerBatch: Int
  }

  let limits: Limits
  var batches: [String: Batch] = [:]
  var coupons: [CouponKey: Coupon] = [:]
  /// Keys of `coupons` by user, in the order of receipt.
  var couponsOfUser: [String: [CouponKey]] = [:]
  var ledger = RequestLedger()
  var uploads = UploadLog()
  /// `notify_url` and when it was set, by merchant.
  var callbacks: [String: (url: String, at: Moment)] = [:]
  var receipts: [SubsidyReceipt] = []
  private var lastNumber = 0

  /// A code is unique within its batch only.
  struct CouponKey: Sendable, Hashable {
    var batchID: String
    var code: CouponCode
  }

  init(limits: Limits) {
    self.limits = limits
  }

  /// A number that was not given out before, with `digits` digits.
  mutating func nextNumber(digits: Int) -> String {
    lastNumber += 1
    let text = String(lastNumber)
    return "1" + String(repeating: "0", count: max(0, digits - 1 - text.count)) + text
  }

  /// The batch, if this merchant may use it.
  func batch(_ id: String, for merchant: String) throws(Refusal) -> Batch {
    guard let batch = batches[id] else { throw .resourceNotFound("批次不存在") }
    guard batch.owner == merchant else { throw .noAuthority }
    return batch
  }

  /// Runs an operation once for a request number: a repetition with the same content gets the first
  /// answer, one with other content is refused. Refusals are not remembered.
  mutating func once(
    _ operation: String, number: String, call: Call,
    perform: (inout Books) throws(Refusal) -> Answer
  ) throws(Refusal) -> Answer {
    let key = RequestLedger.Key(merchant: call.merchant, operation: operation, number: number)
    let content = call.content
    switch ledger.use(key, content: content) {
    case .repeated(let answer): return answer
    case .otherContent: throw .alreadyExists("请求单号已存在，且参数与之前的请求不一致")
    case .new: break
    }
    guard !ledger.isFull else { throw .systemError }
    let answer = try perform(&self)
    ledger.record(key, content: content, answer: answer)
    return answer
  }
}

extension Call {
  /// Path parameters, query and body in one canonical text: two requests ask for the same when it
  /// is equal.
  var content: [UInt8] {
    let parameters = path.sorted { $0.key < $1.key }.map {
      JSONObject.Member(name: $0.key, value: .string($0.value))
    }
    let value: JSONValue = [
      "path": .object(JSONObject(parameters)), "query": .object(query.object),
      "body": .object(body.object),
    ]
    return value.canonicalBytes()
  }
}
