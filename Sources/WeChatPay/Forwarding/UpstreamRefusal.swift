// SPDX-License-Identifier: Apache-2.0
package import GatewayCore
package import HTTP
internal import JSON
package import OpenAPI

extension Problem {
  /// What the caller sees of an error answer (CONTRACT 2.2): the table's row for its status and
  /// code. What is not WeChat Pay's own JSON has no code, and nobody knows its outcome.
  package convenience init(
    refusal answer: InboundAnswer, verified: Bool, table: ErrorTable, now: Int64
  ) {
    let body = try? JSONValue(parsing: answer.body)
    let code = (body?["code"]?.stringValue).flatMap { isErrorCode($0) ? $0 : nil }
    let upstream = UpstreamError(
      status: answer.status, code: code,
      message: (body?["message"]?.stringValue).map { String($0.prefix(longestMessage)) },
      detail: answer.body.count <= longestDetail ? body?["detail"] : nil,
      requestID: answer.headers.requestID, verified: verified)
    // Below 400 nothing is an error of WeChat Pay's, whatever the body says.
    let kind =
      answer.status < 400
      ? .upstreamMalformed : ProblemKind(table.row(status: answer.status, code: code))
    let isWeChatPays = answer.status >= 400 && code?.isEmpty == false
    self.init(
      kind, upstream.message ?? "WeChat Pay's host answered \(answer.status) without saying why",
      source: .wechatpay, outcome: isWeChatPays ? kind.outcome : .unknown,
      retryAfter: patience(answer.headers, now: now), upstream: upstream)
  }
}

/// `Retry-After` as seconds or as a date (RFC 9110, 10.2.3), at most a day.
private func patience(_ headers: Headers, now: Int64) -> Duration? {
  guard let value = headers["Retry-After"] else { return nil }
  let seconds = Int64(value) ?? HTTPDate.seconds(value).map { $0 - now }
  return seconds.flatMap { (0...86_400).contains($0) ? .seconds($0) : nil }
}

/// Characters of a message, and bytes of a body whose detail is passed on; WeChat Pay's have some
/// hundred.
private let longestMessage = 1024
private let longestDetail = 16_384

/// WeChat Pay's codes are upper-case words: `PARAM_ERROR`. Anything else is somebody else's.
private func isErrorCode(_ text: String) -> Bool {
  guard let first = text.utf8.first, (0x41...0x5A).contains(first), text.utf8.count <= 64 else {
    return false
  }
  return text.utf8.allSatisfy {
    (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
  }
}
