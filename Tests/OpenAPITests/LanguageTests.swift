// SPDX-License-Identifier: Apache-2.0
import OpenAPI
import Testing

@Suite("Accept-Language")
struct LanguageTests {
  @Test(
    "the language that is preferred is chosen, Chinese first",
    arguments: [
      (nil, .chinese), ("", .chinese), ("en", .english), ("EN-us", .english),
      ("en-GB,en;q=0.9", .english),
      ("zh-CN,zh;q=0.9,en;q=0.8", .chinese), ("en;q=0.8, zh;q=0.9", .chinese),
      ("en;q=0.9,zh;q=0.8", .english),
      ("de, en;q=0.5", .english), ("de", .chinese), ("*", .chinese), ("en, *;q=0.5", .english),
      ("zh;q=0, *", .english), ("en;q=0, *", .chinese), ("en;q=0", .chinese), ("zh;q=0", .chinese),
      ("en;q=1.000,zh;q=0.999", .english), ("en;q=1.001", .chinese), ("en;q=0.1234", .chinese),
      ("en;q=abc", .chinese),
      ("en ; q=0.7 , zh ; q=0.3", .english), ("english", .chinese), (";;;,,,=", .chinese),
      ("en;q=0.5;x=1", .chinese),
      ("zh,en", .chinese), ("en-US;q=0.3,en;q=0.9,zh-TW;q=0.5", .english),
    ] as [(String?, Language)])
  func preferred(header: String?, expected: Language) {
    #expect(Language(acceptLanguage: header) == expected)
  }
}
