// SPDX-License-Identifier: Apache-2.0
import HTTP
import Testing

@Suite struct HeadersTests {
  @Test("names compare without case, values keep their order")
  func lookup() {
    var headers: Headers = ["Accept": "a", "X-One": "1", "accept": "b"]
    #expect(headers["ACCEPT"] == "a")
    #expect(headers.values(of: "Accept") == ["a", "b"])
    headers["accept"] = "c"
    #expect(headers.values(of: "Accept") == ["c"])
    headers["x-one"] = nil
    #expect(headers.fields == [.init(name: "accept", value: "c")])
  }

  @Test(
    "only ASCII letters are folded",
    arguments: [
      ("abc", "ABC", true), ("a[", "a{", false), ("a", "ab", false), ("ä", "Ä", false),
      ("@", "`", false),
    ])
  func folding(a: String, b: String, isEqual: Bool) {
    #expect(equalIgnoringCase(a, b) == isEqual)
  }
}

@Suite struct PercentEncodingTests {
  @Test("everything but unreserved characters is encoded")
  func encodes() {
    #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
    #expect(PercentEncoding.encode("../ä?%") == "..%2F%C3%A4%3F%25")
  }

  @Test(
    "a text is decoded, or refused when it is not one",
    arguments: [
      ("a%2fb", "a/b"), ("%E4%BD%A0", "你"), ("%2", nil), ("%", nil), ("%zz", nil), ("%ff", nil),
      ("+", "+"),
    ] as [(String, String?)])
  func decodes(text: String, expected: String?) {
    #expect(PercentEncoding.decode(text) == expected)
  }
}
