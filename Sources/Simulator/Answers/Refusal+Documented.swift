// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

// The errors of WeChat Pay's documentation: "签名相关 QA" for the 401s, the error table of the coupon
// API for the rest. Where no page prints a text, the text is ours in the same manner.
extension Refusal {
  /// 401. `detail` says what is wrong with the Authorization header.
  static func sign(_ message: String, field: String, issue: String) -> Refusal {
    Refusal(
      status: 401, code: "SIGN_ERROR", message: message,
      detail: ["location": "authorization", "field": .string(field), "issue": .string(issue)])
  }

  /// 401 for a signature that does not fit. The detail repeats the head of the message that was
  /// verified, so that the sender can compare it with what it signed; the body is left out.
  static func signatureMismatch(method: String, target: String, timestamp: String, length: Int)
    -> Refusal
  {
    Refusal(
      status: 401, code: "SIGN_ERROR", message: "错误的签名，导致验签失败",
      detail: [
        "location": "authorization", "field": "signature",
        "detail": ["issue": "sign not match"],
        "sign_information": [
          "method": .string(method), "url": .string(target),
          "truncated_sign_message": .string("\(method)\n\(target)\n\(timestamp)\n"),
          "sign_message_length": JSONValue(integerLiteral: length),
        ],
      ])
  }

  /// 400. `field` is a JSON Pointer into the body, or the name of a header or parameter.
  static func parameter(
    _ field: String, in location: String, value: String? = nil, issue: String
  ) -> Refusal {
    var detail = JSONObject()
    detail["location"] = .string(location)
    detail["field"] = .string(field)
    if let value { detail["value"] = .string(value) }
    detail["issue"] = .string(issue)
    return Refusal(
      status: 400, code: "PARAM_ERROR", message: "参数错误：\(issue)", detail: .object(detail))
  }

  static func noSuchPath(_ target: String) -> Refusal {
    Refusal(status: 404, code: "NOT_FOUND", message: "请求的URL不存在: \(target)")
  }

  static func methodNotAllowed(_ allowed: [String]) -> Refusal {
    Refusal(
      status: 405, code: "METHOD_NOT_ALLOWED", message: "请求的HTTP方法不允许",
      headers: ["Allow": allowed.joined(separator: ", ")])
  }

  static func resourceNotFound(_ what: String) -> Refusal {
    Refusal(status: 404, code: "RESOURCE_NOT_EXISTS", message: "查询的资源不存在：\(what)")
  }

  static func alreadyExists(_ message: String) -> Refusal {
    Refusal(status: 400, code: "RESOURCE_ALREADY_EXISTS", message: message)
  }

  static func invalidRequest(_ message: String) -> Refusal {
    Refusal(status: 400, code: "INVALID_REQUEST", message: message)
  }

  static func ruleLimit(_ message: String) -> Refusal {
    Refusal(status: 403, code: "RULELIMIT", message: message)
  }

  static var noAuthority: Refusal {
    Refusal(status: 403, code: "NOAUTH", message: "无权限：批次不属于该商户")
  }

  static var frequencyLimited: Refusal {
    Refusal(status: 429, code: "FREQUENCY_LIMITED", message: "频率限制：调用太频繁，请降低调用接口频率")
  }

  static var systemError: Refusal {
    Refusal(status: 500, code: "SYSTEM_ERROR", message: "系统失败，请使用相同参数稍后重新调用")
  }
}
