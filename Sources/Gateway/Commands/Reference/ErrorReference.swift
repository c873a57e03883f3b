// SPDX-License-Identifier: Apache-2.0
internal import OpenAPI

/// The reference of the errors that a caller may get, from the error table.
struct ErrorReference {
  let language: Language
  let table: ErrorTable

  var markdown: String {
    let words = Words(language)
    let (gateway, upstream) = table.documentation
    let own = gateway.map { row in
      [
        "`\(row.code)`", "\(row.status)", row.title[language], "`\(row.outcome.rawValue)`",
        words.yesOrNo(row.retryable), "`\(row.action.rawValue)`", row.advice[language],
      ]
    }
    let theirs = upstream.map { answer in
      let row = answer.row
      return [
        "\(answer.status) \(answer.code)", "`\(row.code)`", "\(row.status)", row.title[language],
        "`\(row.outcome.rawValue)`", words.yesOrNo(row.retryable), "`\(row.action.rawValue)`",
        row.advice[language],
      ]
    }
    return """
      # \(words.title)

      <!-- \(words.note) -->

      \(words.introduction)

      ## \(words.gateway)

      \(Self.table([words.code, words.status] + words.columns, own))

      ## \(words.wechatpay)

      \(words.firstRow)

      \(Self.table([words.answer, words.code, words.status] + words.columns, theirs))

      """
  }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    ([header, header.map { _ in "---" }] + rows).map { cells in
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }.joined(separator: "\n")
  }
}

/// What the page says besides the rows.
private struct Words {
  let title, note, introduction, gateway, wechatpay, firstRow: String
  let code, status, answer, yes, no: String
  let columns: [String]

  func yesOrNo(_ value: Bool) -> String { value ? yes : no }

  init(_ language: Language) {
    switch language {
    case .english:
      title = "Error reference"
      note = "Made by `make docs` from apis/errors.yaml. Do not edit."
      introduction = """
        Every error is `application/problem+json` with these members among others. `code` says what happened; `outcome`
        what may have happened at WeChat Pay: `not_sent` (nothing left the gateway), `refused` (WeChat Pay answered and did
        not do it), `unknown` (it may or may not have been done: send the same request with the same request number again).
        `retryable`: the same request, unchanged, may succeed later. `action` is the advice for a program: `retry`,
        `fix_request`, `new_request_number` or `ask_operator`. `title` and `advice` are in Chinese unless `Accept-Language`
        prefers English. The same page in Chinese: [errors.zh-CN.md](errors.zh-CN.md).
        """
      gateway = "The gateway's own"
      wechatpay = "WeChat Pay's"
      firstRow =
        "What an error answer of WeChat Pay becomes; the first row that fits counts. `source` is `wechatpay`."
      code = "code"
      status = "status"
      answer = "WeChat Pay's answer"
      yes = "yes"
      no = "no"
      columns = ["when", "outcome", "retryable", "action", "advice"]
    case .chinese:
      title = "错误码参考"
      note = "由 `make docs` 根据 apis/errors.yaml 生成,请勿手工修改。"
      introduction = """
        所有错误均以 `application/problem+json` 返回,并含有下列成员。`code` 说明发生了什么;`outcome` 说明微信支付侧可能发生了什么:
        `not_sent`(请求没有离开网关)、`refused`(微信支付已应答,且没有执行)、`unknown`(可能已执行,也可能没有:请用同一请求单号、
        相同内容重新请求)。`retryable` 表示同一请求原样重试是否可能成功。`action` 是给程序的建议:`retry`(稍后原样重试)、
        `fix_request`(修改请求)、`new_request_number`(更换请求单号)、`ask_operator`(联系网关运维)。`title` 与 `advice` 默认为中文,
        `Accept-Language` 偏好英文时为英文。英文版见 [errors.md](errors.md)。
        """
      gateway = "网关自身的错误"
      wechatpay = "微信支付的错误"
      firstRow = "微信支付的错误应答会变成什么;以第一个匹配的行为准。`source` 为 `wechatpay`。"
      code = "code"
      status = "状态码"
      answer = "微信支付的应答"
      yes = "是"
      no = "否"
      columns = ["含义", "outcome", "可重试", "action", "建议"]
    }
  }
}
