// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite("Laws over random values and bytes") struct RandomValueTests {
  static let alphabet: [Unicode.Scalar] = [
    "a", "b", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "\u{7F}", "é", "e",
    "\u{301}", "优", "\u{E000}", "\u{FFFF}", "\u{1F600}", "\u{10FFFF}",
  ]

  static func string(_ random: inout SplitMix) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...20, using: &random) {
      if let scalar = alphabet.randomElement(using: &random) { text.append(scalar) }
    }
    return String(text)
  }

  static func value(_ random: inout SplitMix, depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
    case 0: .null
    case 1: .bool(.random(using: &random))
    case 2: .number(JSONNumber(.random(in: .min ... .max, using: &random)))
    case 3:
      .number(
        JSONNumber(
          text:
            "\(Int.random(in: -999...999, using: &random))e\(Int.random(in: -9...30, using: &random))"
        )
          ?? JSONNumber(0))
    case 4: .string(string(&random))
    case 5:
      .array(
        (0..<Int.random(in: 0...6, using: &random)).map { _ in value(&random, depth: depth - 1) })
    default: object(&random, depth: depth)
    }
  }

  static func object(_ random: inout SplitMix, depth: Int) -> JSONValue {
    var object = JSONObject()
    for _ in 0..<Int.random(in: 0...24, using: &random) {
      object[string(&random)] = value(&random, depth: depth - 1)
    }
    return .object(object)
  }

  static func shuffled(_ value: JSONValue, _ random: inout SplitMix) -> JSONValue {
    switch value {
    case .array(let items): return .array(items.map { shuffled($0, &random) })
    case .object(let object):
      var members = object.members
      for index in members.indices {
        members[index].value = shuffled(members[index].value, &random)
      }
      members.shuffle(using: &random)
      return .object(JSONObject(members))
    default: return value
    }
  }

  @Test(
    "reading what was written gives the value; member order never matters to the canonical form")
  func roundTrip() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix(seed: seed)
    for _ in 0..<300 {
      let value = Self.value(&random, depth: 4)
      #expect(try JSONValue(parsing: value.serialized()) == value, "seed \(seed)")
      let canonical = value.canonicalBytes()
      #expect(try JSONValue(parsing: canonical) == value, "seed \(seed)")
      let other = Self.shuffled(value, &random)
      #expect(other == value, "seed \(seed)")
      #expect(other.hashValue == value.hashValue, "seed \(seed)")
      #expect(other.canonicalBytes() == canonical, "seed \(seed)")
    }
  }

  @Test("member names are sorted as their UTF-16 units are")
  func utf16Order() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix(seed: seed)
    for _ in 0..<300 {
      let object = Self.object(&random, depth: 1)
      let sorted = try JSONValue(parsing: object.canonicalBytes()).objectValue?.members.map(\.name)
      let expected = object.objectValue?.members.map(\.name).sorted {
        $0.utf16.lexicographicallyPrecedes($1.utf16)
      }
      #expect(
        sorted.map { $0.map { Array($0.utf16) } } == expected.map { $0.map { Array($0.utf16) } },
        "seed \(seed)")
    }
  }

  @Test("damaged texts are refused or read, never a crash, and errors stay inside the text")
  func damaged() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix(seed: seed)
    for _ in 0..<3000 {
      var bytes = Self.value(&random, depth: 3).serialized()
      for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = .random(in: .min ... .max, using: &random)
        case 1: bytes.remove(at: place)
        default:
          bytes.insert(Array("[]{}\",:\\u0e-".utf8).randomElement(using: &random) ?? 0, at: place)
        }
      }
      do {
        let value = try JSONValue(parsing: bytes)
        #expect(try JSONValue(parsing: value.serialized()) == value, "seed \(seed)")
      } catch {
        #expect((0...bytes.count).contains(error.offset), "seed \(seed)")
        #expect(error.line >= 1 && error.column >= 1, "seed \(seed)")
      }
    }
  }
}
