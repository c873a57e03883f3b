// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import HTTP
internal import JSON

/// The books and counters as JSON, for tests that audit them.
struct BooksReport {
  let value: JSONValue

  init(_ standIn: StandIn) {
    let books = standIn.books.withLock { $0 }
    let journal = standIn.journal.withLock { $0 }
    let batches = books.batches.values.sorted { $0.id < $1.id }.map { batch in
      JSONObject.Member(name: batch.id, value: Self.description(of: batch))
    }
    value = [
      "batches": .object(JSONObject(batches)),
      "uploads": .array(books.uploads.entries.map { Self.description(of: $0) }),
      "coupons": JSONValue(integerLiteral: books.coupons.count),
      "requests": JSONValue(integerLiteral: journal.count),
      "answers_by_status": Self.counts(journal.answersByStatus.map { (String($0.key), $0.value) }),
      "answers_by_code": Self.counts(journal.answersByCode.map { ($0.key, $0.value) }),
      "signatures_refused": JSONValue(integerLiteral: journal.answersByCode["SIGN_ERROR"] ?? 0),
    ]
  }

  private static func description(of batch: Batch) -> JSONValue {
    let codes = batch.pool.codes.map { code in
      JSONObject.Member(
        name: code.text, value: .string(batch.pool.entries[code]?.uploadRequestNumber ?? ""))
    }
    return [
      "merchant": .string(batch.owner), "coupon_code_mode": .string(batch.codeMode.rawValue),
      "code_count": JSONValue(integerLiteral: codes.count),
      "available_count": JSONValue(integerLiteral: batch.pool.availableCount),
      "upload_limit": JSONValue(integerLiteral: batch.pool.uploadLimit),
      // Each code with the upload_request_no that imported it.
      "codes": .object(JSONObject(codes)),
    ]
  }

  private static func description(of upload: UploadLog.Entry) -> JSONValue {
    [
      "merchant": .string(upload.merchant), "upload_request_no": .string(upload.number),
      "stock_id": .string(upload.batchID),
      "coupon_code_list": .array(upload.list.map { .string($0.text) }),
      "imported_codes": .array(upload.imported.map { .string($0.text) }),
      "times": JSONValue(integerLiteral: upload.times),
      "conflicts": JSONValue(integerLiteral: upload.conflicts),
    ]
  }

  private static func counts(_ pairs: [(String, Int)]) -> JSONValue {
    let members = pairs.sorted { $0.0 < $1.0 }.map {
      JSONObject.Member(name: $0.0, value: JSONValue(integerLiteral: $0.1))
    }
    return .object(JSONObject(members))
  }
}

extension Journal.Entry {
  /// The request as it came. A body that is not UTF-8 is given in Base64 instead.
  var description: JSONValue {
    var object = JSONObject()
    object["number"] = JSONValue(integerLiteral: number)
    object["time"] = .string(at.beijingTimeWithMilliseconds)
    object["method"] = .string(request.method)
    object["target"] = .string(request.target)
    object["headers"] = .array(
      request.headers.fields.map { [.string($0.name), .string($0.value)] })
    if let text = String(validating: request.body, as: UTF8.self) {
      object["body"] = .string(text)
    } else {
      object["body_base64"] = .string(Base64.encode(request.body))
    }
    object["fault"] = fault.map { .string($0.kind) }
    object["status"] = status.map { JSONValue(integerLiteral: $0) }
    object["code"] = code.map { .string($0) }
    return .object(object)
  }
}
