// SPDX-License-Identifier: Apache-2.0
internal import TestSupport
internal import Testing

@testable internal import Simulator

@Suite struct AuthorizationTests {
  static let scheme = "WECHATPAY2-SHA256-RSA2048 "
  static let fields = [
    #"mchid="1900009191""#, #"nonce_str="593BEC0C""#, #"signature="uOVR+/==""#,
    #"timestamp="1554208460""#,
    #"serial_no="1DDE55AD""#,
  ]

  @Test("the five fields are read in any order", arguments: 0..<5)
  func anyOrder(rotation: Int) throws {
    let turned = Self.fields[rotation...] + Self.fields[..<rotation]
    for separator in [",", ", ", " , "] {
      let authorization = try Authorization(
        parsing: Self.scheme + turned.joined(separator: separator))
      #expect(authorization.merchant == "1900009191")
      #expect(authorization.nonce == "593BEC0C")
      #expect(authorization.signature == "uOVR+/==")
      #expect(authorization.timestamp == "1554208460")
      #expect(authorization.serialNumber == "1DDE55AD")
    }
  }

  @Test(
    "another scheme is told apart from a bad form",
    arguments: [
      "", "Bearer x", "WECHATPAY2-SHA256-RSA2048X mchid=\"1\"", "wechatpay2-sha256-rsa2048 a=\"b\"",
    ])
  func otherScheme(text: String) {
    #expect(throws: Authorization.Mistake.scheme) { try Authorization(parsing: text) }
  }

  static let malformed: [String] = [
    "WECHATPAY2-SHA256-RSA2048",
    scheme,
    // Each field left out.
    scheme + fields[1...].joined(separator: ","),
    scheme + fields[..<4].joined(separator: ","),
    // Twice, unknown, empty, without quotes, without comma, comma at an end, a space inside,
    // unclosed.
    scheme + (fields + [#"mchid="1900009191""#]).joined(separator: ","),
    scheme + (fields + [#"extra="1""#]).joined(separator: ","),
    scheme + ([#"mchid="""#] + fields[1...]).joined(separator: ","),
    scheme + (["mchid=1900009191"] + fields[1...]).joined(separator: ","),
    scheme + fields.joined(separator: " "),
    scheme + fields.joined(separator: ",") + ",",
    scheme + "," + fields.joined(separator: ","),
    scheme + fields.joined(separator: ",,"),
    scheme + ([#"mchid="19 00""#] + fields[1...]).joined(separator: ","),
    scheme + fields.joined(separator: ",").dropLast(),
    scheme + ([#"mchid ="1900009191""#] + fields[1...]).joined(separator: ","),
    scheme + ([#"MCHID="1900009191""#] + fields[1...]).joined(separator: ","),
    scheme + ([#"mchid="1900é""#] + fields[1...]).joined(separator: ","),
    scheme + fields.joined(separator: ",") + "x",
  ]

  @Test("a header of another form is refused", arguments: malformed)
  func refused(text: String) {
    do {
      _ = try Authorization(parsing: text)
      Issue.record("accepted \(text)")
    } catch {
      guard case .format = error else {
        Issue.record("not a mistake of form: \(error)")
        return
      }
    }
  }

  @Test("no bytes whatever make the parser trap")
  func fuzz() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    let good = Array((Self.scheme + Self.fields.joined(separator: ",")).utf8)
    for _ in 0..<5000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...127, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.removeSubrange(index...)
        }
        if bytes.isEmpty { break }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      if let read = try? Authorization(parsing: text) {
        let all = [read.merchant, read.nonce, read.signature, read.timestamp, read.serialNumber]
        #expect(all.allSatisfy { !$0.isEmpty && !$0.contains("\"") }, "seed \(seed): \(text)")
      }
    }
  }
}
