// SPDX-License-Identifier: Apache-2.0
import Cryptography
import Foundation
import GatewayCore
import HTTP
import TestSupport
import Testing

@testable import WeChatPay

@Suite("Signing")
struct SigningTests {
  @Test("the documented request gives the documented message")
  func documentedRequest() throws {
    let message = CanonicalMessage.request(
      method: "GET", target: "/v3/certificates", timestamp: 1_554_208_460,
      nonce: "593BEC0C930BF1AFEB40B4A08C8FB242", body: nil)
    #expect(try message == Repository.bytes("Tests/Vectors/WeChatPay/request-certificates.txt"))
  }

  @Test("a body stands in the fifth line as it is, a query in the second")
  func bodyAndQuery() {
    let message = CanonicalMessage.request(
      method: "POST", target: "/v3/a?b=%2F&c=1", timestamp: 7, nonce: "n",
      body: Array("{\"é\": 1}\n".utf8))
    #expect(
      String(decoding: message, as: UTF8.self) == "POST\n/v3/a?b=%2F&c=1\n7\nn\n{\"é\": 1}\n\n")
    #expect(
      CanonicalMessage.request(method: "GET", target: "/", timestamp: 1, nonce: "n", body: [])
        == CanonicalMessage.request(method: "GET", target: "/", timestamp: 1, nonce: "n", body: nil)
    )
  }

  @Test("the documented answer gives the documented message")
  func documentedAnswer() throws {
    let body = try Repository.bytes("Tests/Vectors/WeChatPay/answer-certificates.json")
    let message = CanonicalMessage.answer(
      timestamp: "1554209980", nonce: "c5ac7061fccab6bf3e254dcf98995b8c", body: body)
    #expect(
      String(decoding: message, as: UTF8.self)
        == "1554209980\nc5ac7061fccab6bf3e254dcf98995b8c\n\(String(decoding: body, as: UTF8.self))\n"
    )
    #expect(
      CanonicalMessage.answer(timestamp: "1", nonce: "n", body: []) == Array("1\nn\n\n".utf8),
      "a 204")
  }

  @Test("the Authorization header has the scheme and the five fields, and the signature is right")
  func authorization() async throws {
    let body = Array(ExampleAPI.uploadBody.utf8)
    let header = try await Fixture.credentials().authorization(
      method: "POST", target: ExampleAPI.uploadPath, body: body, timestamp: 1_554_208_460,
      nonce: "593BEC0C930BF1AFEB40B4A08C8FB242")
    let parsed = try Authorization(header)
    #expect(
      Set(parsed.fields.keys) == ["mchid", "nonce_str", "signature", "timestamp", "serial_no"])
    #expect(parsed.fields["mchid"] == "1900000001")
    #expect(parsed.fields["serial_no"] == "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C")
    #expect(parsed.fields["signature"]?.count == 344)
    #expect(try parsed.isRight(for: "POST", ExampleAPI.uploadPath, body))
    #expect(try !parsed.isRight(for: "POST", ExampleAPI.uploadPath, body + [32]))
    #expect(try !parsed.isRight(for: "PUT", ExampleAPI.uploadPath, body))
  }

  @Test("a request has the headers that WeChat Pay asks for, and no others")
  func headers() async throws {
    let transport = ScriptedTransport([.answer(.unsigned(200, ""))])
    let signed = SignedTransport(transport: transport, time: ManualTime().source)
    let call = SignedCall(
      credentials: try Fixture.credentials(), method: "POST", target: "/v3/x",
      body: Array("{}".utf8),
      verifiableWith: Fixture.publicKeyID)
    _ = try await signed.send(call, to: "https://api.mch.weixin.qq.com", timeout: .seconds(1))
    let withoutBody = SignedCall(
      credentials: try Fixture.credentials(), method: "POST", target: "/v3/x")
    _ = try await signed.send(
      withoutBody, to: "https://api.mch.weixin.qq.com", timeout: .seconds(1))
    let sent = transport.sent
    #expect(
      Set(sent[0].headers.fields.map(\.name))
        == ["Accept", "Content-Type", "User-Agent", "Authorization", "Wechatpay-Serial"])
    #expect(sent[0].headers["Accept"] == "application/json")
    #expect(sent[0].headers["Content-Type"] == "application/json")
    #expect(sent[0].headers["User-Agent"]?.hasPrefix("wxpay-gateway/") == true)
    #expect(sent[0].headers["Wechatpay-Serial"] == Fixture.publicKeyID.text)
    #expect(Set(sent[1].headers.fields.map(\.name)) == ["Accept", "User-Agent", "Authorization"])
    #expect(sent[1].body == nil)
  }

  @Test("nonces are 32 of 0-9A-Za-z and differ")
  func nonces() async throws {
    let transport = ScriptedTransport([.answer(.unsigned(200, ""))])
    let signed = SignedTransport(transport: transport)
    let call = SignedCall(credentials: try Fixture.credentials(), method: "GET", target: "/")
    for _ in 0..<20 { _ = try await signed.send(call, to: "http://x", timeout: .seconds(1)) }
    let nonces = try transport.sent.map {
      try Authorization($0.headers["Authorization"]).fields["nonce_str"] ?? ""
    }
    #expect(Set(nonces).count == 20)
    for nonce in nonces {
      #expect(
        nonce.utf8.count == 32 && nonce.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }
  }
}

/// An `Authorization` header, read and checked by other code than that which makes it.
struct Authorization {
  let fields: [String: String]

  struct Malformed: Error {}

  init(_ header: String?) throws {
    let scheme = "WECHATPAY2-SHA256-RSA2048 "
    guard let header, header.hasPrefix(scheme) else { throw Malformed() }
    var fields: [String: String] = [:]
    for field in header.dropFirst(scheme.count).components(separatedBy: ",") {
      guard let equals = field.firstIndex(of: "="), field[equals...].hasPrefix("=\""),
        field.hasSuffix("\"")
      else { throw Malformed() }
      fields[String(field[..<equals])] = String(field[equals...].dropFirst(2).dropLast())
    }
    self.fields = fields
  }

  func isRight(for method: String, _ target: String, _ body: [UInt8]) throws -> Bool {
    let message =
      Array(
        "\(method)\n\(target)\n\(fields["timestamp"] ?? "")\n\(fields["nonce_str"] ?? "")\n".utf8)
      + body
      + Array("\n".utf8)
    let signature = Array(Data(base64Encoded: fields["signature"] ?? "") ?? Data())
    return try Fixture.merchantKey().publicKey.isValid(signature: signature, for: message)
  }
}
