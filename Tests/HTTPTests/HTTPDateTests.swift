// SPDX-License-Identifier: Apache-2.0
import HTTP
import Testing

@Suite("Dates of HTTP")
struct HTTPDateTests {
  @Test(
    "the fixed form is read",
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
      ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
      ("Mon, 23 Nov 2026 12:00:00 GMT", 1_795_435_200),
    ])
  func fixed(text: String, seconds: Int64) {
    #expect(httpDate(text) == seconds)
  }

  @Test(
    "anything else is not",
    arguments: [
      "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
      "Sun, 06 Nov 1994 08:49:37 CET",
      "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 06 Foo 1994 08:49:37 GMT",
    ])
  func others(text: String) {
    #expect(httpDate(text) == nil)
  }
}
