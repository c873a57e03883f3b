// SPDX-License-Identifier: Apache-2.0
internal import TestSupport
import Testing

@testable internal import Settings

@Suite("TOML")
struct TOMLNodeTests {
  @Test("every kind of value is read with the line and the column of its key")
  func values() throws {
    let root = try TOMLNode.parse(
      Array(
        """
        text = "a\\u00e9 \\"b\\""
        big = 9223372036854775807
          small = -9223372036854775808
        half = 0.5
        yes = true
        day = 2025-05-01
        list = [1,
          "two"]
        [[table]]
        x.y = false
        """.utf8))
    func node(_ value: TOMLNode.Value, _ line: Int, _ column: Int) -> TOMLNode {
      TOMLNode(value: value, place: Place(line: line, column: column))
    }
    guard case .table(let entries) = root.value else {
      Issue.record("the root is not a table")
      return
    }
    #expect(
      entries.map(\.name) == ["text", "big", "small", "half", "yes", "day", "list", "table"])
    #expect(
      entries.prefix(7).map(\.node) == [
        node(.string("aé \"b\""), 1, 1), node(.integer(.max), 2, 1), node(.integer(.min), 3, 3),
        node(.floating(0.5), 4, 1), node(.boolean(true), 5, 1), node(.dateOrTime, 6, 1),
        node(.array([node(.integer(1), 7, 9), node(.string("two"), 8, 3)]), 7, 1),
      ])
    guard case .array(let tables) = entries[7].node.value,
      case .table(let inner) = tables.first?.value, case .table(let innermost) = inner[0].node.value
    else {
      Issue.record("[[table]] is not an array of tables")
      return
    }
    #expect(tables.first?.place.line == 9)
    #expect(innermost == [TOMLNode.Entry(name: "y", node: node(.boolean(false), 10, 3))])
  }

  @Test("a string may hold a zero byte and an empty string stays one")
  func zeroByte() throws {
    let root = try TOMLNode.parse(Array("a = \"x\\u0000y\"\nb = \"\"".utf8))
    guard case .table(let entries) = root.value else {
      Issue.record("the root is not a table")
      return
    }
    #expect(entries.map(\.node.value) == [.string("x\0y"), .string("")])
  }

  @Test("an empty text is an empty table")
  func empty() throws {
    #expect(try TOMLNode.parse([]).value == .table([]))
  }

  @Test(
    "text that would nest without bound is refused, not followed",
    arguments: [
      String(repeating: "[", count: 5000), "a = " + String(repeating: "[", count: 5000),
      "a = " + String(repeating: "{a=", count: 2000),
      (0..<2000).map { "a\($0) = [\n" }.joined(), "x = " + String(repeating: "[\n", count: 100_000),
      String(repeating: "a.", count: 100_000) + "a = 1",
      "[" + String(repeating: "a.", count: 100_000) + "a]",
    ])
  func nesting(text: String) {
    #expect(throws: TOMLSyntaxError.self) { try TOMLNode.parse(Array(text.utf8)) }
  }

  @Test("a key of many parts is read up to a bound that its strings do not count against")
  func manyParts() throws {
    let parts = TOMLNode.maximumDotsInLine
    let comment = String(repeating: ".", count: 100)
    let text = String(repeating: "a.", count: parts) + "\"...\" = '....' # " + comment
    var node = try TOMLNode.parse(Array(text.utf8))
    var depth = 0
    while case .table(let entries) = node.value, let entry = entries.first {
      node = entry.node
      depth += 1
    }
    #expect(depth == parts + 1)
    #expect(throws: TOMLSyntaxError.self) { try TOMLNode.parse(Array("a.\(text)".utf8)) }
  }

  @Test("bytes that are not UTF-8, and more bytes than a configuration has, are refused")
  func bytes() {
    #expect(throws: TOMLSyntaxError.self) { try TOMLNode.parse([0x61, 0x3d, 0x22, 0xff, 0x22]) }
    let large = [UInt8](repeating: UInt8(ascii: "\n"), count: TOMLNode.maximumBytes + 1)
    #expect(throws: TOMLSyntaxError.self) { try TOMLNode.parse(large) }
  }

  @Test("reading survives whatever a text is changed to")
  func mutations() throws {
    let fixture = try Fixture()
    let original = Array((Fixture.text + Fixture.caller + "[server.tls]\nx = [1, {a = 2}]\n").utf8)
    let alphabet = Array("\"'[]{}=.,#\n\\ \tau019-_:\u{0}é\u{7f}".utf8) + [0xff]
    var system = SystemRandomNumberGenerator()
    let seed = system.next()
    var random = Seeded(state: seed)
    for _ in 0..<1500 {
      var text = original
      for _ in 0...Int.random(in: 0..<6, using: &random) {
        let index = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: text[index] = alphabet.randomElement(using: &random) ?? 0
        case 1: text.remove(at: index)
        default: text.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
        }
      }
      let reading = GatewaySettings.read(
        text, path: fixture.folder.file("gateway.conf"), environment: Environment([:]))
      // Each either gives settings or says why not; the extra table makes every text wrong.
      #expect(!reading.mistakes.isEmpty, "seed \(seed)")
    }
  }
}
