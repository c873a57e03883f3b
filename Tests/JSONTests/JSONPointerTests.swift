// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@Suite("JSON Pointer") struct JSONPointerTests {
  /// RFC 6901, section 5.
  static let document: JSONValue = [
    "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6,
    " ": 7,
    "m~n": 8,
  ]

  @Test(
    "RFC 6901's examples lead where it says",
    arguments: [
      ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3),
      ("/g|h", 4), ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8), ("", document),
    ] as [(String, JSONValue)])
  func examples(text: String, expected: JSONValue) throws {
    let pointer = try JSONPointer(parsing: text)
    #expect(pointer.evaluate(on: Self.document) == expected)
    #expect(pointer.description == text)
  }

  @Test(
    "what is not there is nothing",
    arguments: [
      "/foo/2", "/foo/-", "/foo/00", "/foo/+1", "/foo/-1", "/foo/bar", "/bar", "/foo/0/x", "//",
      "/foo/99999999999999999999",
    ])
  func missing(text: String) throws {
    #expect(try JSONPointer(parsing: text).evaluate(on: Self.document) == nil)
  }

  @Test(
    "a pointer without slash or with a loose tilde is refused",
    arguments: ["foo", "/a~", "/a~2", "#/a"])
  func refused(text: String) {
    #expect(throws: JSONPointerError.self) { try JSONPointer(parsing: text) }
  }

  @Test("names are escaped when they are appended")
  func appending() throws {
    let pointer = JSONPointer.root.appending("a/b").appending(3).appending("m~n")
    #expect(pointer.description == "/a~1b/3/m~0n")
    #expect(try JSONPointer(parsing: pointer.description) == pointer)
  }
}
