// SPDX-License-Identifier: Apache-2.0
import OpenAPI
import TestSupport
import Testing

@testable import Gateway

/// The pages that `make docs` makes.
@Suite("The references")
struct ReferenceTests {
  @Test("the committed pages are what the definitions say; if not, run make docs")
  func pages() throws {
    for (page, text) in [
      ("configuration.md", ConfigurationReference().markdown),
      ("errors.md", ErrorReference(language: .english, table: .builtIn).markdown),
      ("errors.zh-CN.md", ErrorReference(language: .chinese, table: .builtIn).markdown),
      ("metrics.md", MetricsReference().markdown),
    ] {
      let committed = try Repository.text("docs/" + page)
      #expect(committed == text, "docs/\(page) is out of date")
    }
  }

  @Test("every key stands in the reference, those of tables inside of tables too")
  func keys() {
    let text = ConfigurationReference().markdown
    for key in [
      "server.listen", "server.tls.certificate", "merchant.wechatpay_public_key.id",
      "merchant.rate_limit.burst", "caller.token", "policies.deduplicate.ttl",
    ] {
      #expect(text.contains("### `\(key)`"))
    }
  }

  @Test("every line of the manual page is a request of mdoc or text that is none")
  func manual() {
    let lines = ConfigurationReference().manual(version: "1.2.3").split(separator: "\n")
    let requests = [
      ".\\\"", ".Dd", ".Dt", ".Os", ".Sh", ".Ss", ".Nm", ".Nd", ".Pp", ".Bl", ".It", ".El", ".Xr",
    ]
    for line in lines where line.hasPrefix(".") {
      #expect(requests.contains { line.hasPrefix($0) }, "\(line)")
    }
    #expect(lines.count { $0.hasPrefix(".Bl") } == lines.count { $0.hasPrefix(".El") })
  }
}
