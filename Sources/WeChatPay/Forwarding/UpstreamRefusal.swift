// SPDX-License-Identifier: Apache-2.0
internal import Foundation
package import GatewayCore
package import HTTP
internal import JSON
package import OpenAPI

extension Problem {
  /// What the caller sees of an error answer (CONTRACT 2.2): the table's row for WeChat Pay's own JSON, the status
  /// alone for anything else, whose outcome nobody knows.
  package init(refusal answer: InboundAnswer, verified: Bool, table: ErrorTable, now: Int64) {
    let body = try? JSONValue(parsing: answer.body)
    let code = body?["code"]?.stringValue
    let upstream = UpstreamError(
      status: answer.status, code: code, message: body?["message"]?.stringValue, detail: body?["detail"],
      requestID: answer.headers["Request-ID"], verified: verified)
    let isWeChatPays = code != nil && answer.status >= 400
    let kind = isWeChatPays ? ProblemKind(table.row(status: answer.status, code: code)) : .unread(answer.status)
    self.init(
      kind, upstream.message ?? "WeChat Pay's host answered \(answer.status) without saying why",
      source: .wechatpay, outcome: isWeChatPays ? kind.outcome : .unknown,
      retryAfter: patience(answer.headers, now: now), upstream: upstream)
  }
}

extension ProblemKind {
  /// An error answer that is not WeChat Pay's JSON, so probably something's in between.
  fileprivate static func unread(_ status: Int) -> ProblemKind {
    switch status {
    case 429: .frequencyLimited
    case 500...599: .systemError
    default: .upstreamMalformed
    }
  }
}

/// `Retry-After` in either form (RFC 9110, 10.2.3), at most a day.
private func patience(_ headers: Headers, now: Int64) -> Duration? {
  guard let value = headers["Retry-After"] else { return nil }
  let seconds = Int64(value) ?? httpDate(value).map { $0 - now }
  return seconds.flatMap { (0...86_400).contains($0) ? .seconds($0) : nil }
}

private func httpDate(_ text: String) -> Int64? {
  let style = Date.VerbatimFormatStyle(
    format:
      "\(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .defaultDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT",
    locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
  return (try? Date(text, strategy: style.parseStrategy)).map { Int64($0.timeIntervalSince1970) }
}
