// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite("Exact numbers") struct JSONNumberTests {
  func number(_ text: String) throws -> JSONNumber { try #require(JSONNumber(text: text)) }

  @Test(
    "only what RFC 8259 calls a number is one",
    arguments: [
      "", " 1", "1 ", "+1", "01", ".5", "1.", "1e", "0x1", "NaN", "Infinity", "\"1\"", "1e+",
    ])
  func notANumber(text: String) {
    #expect(JSONNumber(text: text) == nil)
  }

  @Test("numbers are in order, exactly")
  func ordered() throws {
    let texts = [
      "-1e999999999", "-9223372036854775809", "-9223372036854775808", "-1.5", "-1", "-0.1",
      "-1e-999999999", "0", "1e-999999999", "0.1", "0.10000000000000000000000001", "1",
      "1.0000000000000000000000000001", "2", "9007199254740992", "9007199254740993",
      "9223372036854775807", "9223372036854775808", "1e30", "1e999999998", "1e999999999",
    ]
    let numbers = try texts.map(number)
    for (i, a) in numbers.enumerated() {
      for (j, b) in numbers.enumerated() {
        #expect((a < b) == (i < j), "\(a.text) < \(b.text)")
        #expect((a == b) == (i == j), "\(a.text) == \(b.text)")
      }
    }
  }

  @Test(
    "one value in different spellings is equal and hashes alike",
    arguments: [
      ["1", "1.0", "10e-1", "0.1e1", "1E0", "100e-2"], ["0", "-0", "0.0", "0e99", "-0e-5"],
      ["1e20", "100000000000000000000", "100000000000000000000.0"],
      ["-12.5", "-1.25e1", "-125e-1"],
    ])
  func spellings(texts: [String]) throws {
    let numbers = try texts.map(number)
    #expect(Set(numbers).count == 1)
    #expect(numbers.allSatisfy { $0 == numbers[0] && !($0 < numbers[0]) })
  }

  @Test(
    "an integer of 64 bits is found in any spelling, others are not",
    arguments: [
      ("9223372036854775807", Int.max), ("-9223372036854775808", .min),
      ("9223372036854775808", nil),
      ("1e2", 100), ("-1.50e1", -15), ("1.5", nil), ("1e19", nil),
      ("9e18", 9_000_000_000_000_000_000),
      ("0e999999999", 0), ("1e999999999", nil), ("92233720368547758.07e2", .max),
    ] as [(String, Int?)])
  func intValues(text: String, expected: Int?) throws {
    #expect(try number(text).intValue == expected)
  }

  @Test(
    "whether a number has a fraction",
    arguments: [
      ("1", true), ("1.0", true), ("1.5", false), ("15e-1", false), ("10e-1", true),
      ("1e999999999", true), ("1e-999999999", false), ("0e-5", true), ("-2.50e1", true),
    ])
  func integers(text: String, expected: Bool) throws {
    #expect(try number(text).isInteger == expected)
  }

  @Test(
    "multiples are exact",
    arguments: [
      ("10", "5", true), ("10", "3", false), ("0.3", "0.1", true), ("0.0075", "0.0001", true),
      ("0.00751", "0.0001", false), ("1e308", "0.123456789", false), ("0", "7", true),
      ("9007199254740993", "2", false), ("9223372036854775807", "7", true), ("1", "0", false),
      ("1e999999999", "8", true), ("1e999999999", "3", false), ("3e999999999", "0.75", true),
      ("-9", "3", true), ("-9223372036854775808", "-1", true), ("1e-999999999", "1", false),
      ("1.5", "0.5", true), ("12391239123", "1e-8", true),
      (
        "246913578024691357802469135780246913578024691357802469",
        "123456789012345678901234567890123456789012345678901234.5", true
      ),
      (
        "246913578024691357802469135780246913578024691357802468",
        "123456789012345678901234567890123456789012345678901234.5", false
      ),
    ])
  func multiples(text: String, divisor: String, expected: Bool) throws {
    #expect(try number(text).isMultiple(of: number(divisor)) == expected)
  }

  @Test("decimals agree with integer arithmetic over random pairs")
  func againstIntegers() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix(seed: seed)
    for _ in 0..<2000 {
      let a = Int.random(in: -1_000_000...1_000_000, using: &random)
      let b = Int.random(in: 1...2000, using: &random)
      let scale = Int.random(in: 0...6, using: &random)
      let x = try number("\(a)e-\(scale)")
      let y = try number("\(b)e-\(scale)")
      #expect(x.isMultiple(of: y) == (a % b == 0), "seed \(seed): \(a) \(b) \(scale)")
      #expect((x < y) == (a < b), "seed \(seed)")
      #expect((x == y) == (a == b), "seed \(seed)")
    }
  }
}
