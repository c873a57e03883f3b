// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

/// A request that is not served, in the words of WeChat Pay's own error body.
struct Refusal: Error, Equatable {
  var status: Int
  var code: String
  var message: String
  var detail: JSONValue?
  var headers: Headers = [:]

  /// WeChat Pay does not sign the answer to a request whose sender it does not know.
  var isSigned: Bool { status != 401 }

  /// `{"code": …, "detail": …, "message": …}`, the detail only where there is one.
  var body: JSONValue {
    var object = JSONObject()
    object["code"] = .string(code)
    object["detail"] = detail
    object["message"] = .string(message)
    return .object(object)
  }
}
