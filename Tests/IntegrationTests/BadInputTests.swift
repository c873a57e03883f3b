// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// A request that must never become a call, as bytes on the wire.
struct BadInput: Sendable {
  var name: String
  var bytes: [UInt8]
  /// The status and code of the answer; `nil` when closing without one is as good.
  var expected: (status: Int, code: String)?

  static func post(
    _ name: String, _ body: [UInt8], path: String = Deployment.uploadPath,
    type: String = "application/json",
    _ status: Int, _ code: String
  ) -> BadInput {
    let head = """
      POST \(path) HTTP/1.1\r\nHost: gateway\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n\
      Connection: close\r\n\r\n
      """
    return BadInput(name: name, bytes: Array(head.utf8) + body, expected: (status, code))
  }

  static func upload(
    _ name: String, codes: String = #"["A"]"#, number: String = #""n""#,
    path: String = Deployment.uploadPath
  ) -> BadInput {
    post(
      name, Array(#"{"coupon_code_list":\#(codes),"upload_request_no":\#(number)}"#.utf8),
      path: path, 400,
      "PARAM_ERROR")
  }

  static func raw(_ name: String, _ head: String, body: [UInt8] = [], _ status: Int, _ code: String)
    -> BadInput
  {
    let start =
      "POST \(Deployment.uploadPath) HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
    return BadInput(
      name: name, bytes: Array((start + head + "\r\n\r\n").utf8) + body, expected: (status, code))
  }

  private static func stock(_ id: String) -> String {
    "/v3/marketing/busifavor/stocks/\(id)/couponcodes"
  }

  static let bodies: [BadInput] = [
    post("truncated", Array(#"{"coupon_code_list":["A""#.utf8), 400, "MALFORMED_JSON"),
    post(
      "not UTF-8", Array(#"{"coupon_code_list":[""#.utf8) + [0xFF] + Array(#""]}"#.utf8), 400,
      "MALFORMED_JSON"),
    post(
      "duplicate members", Array(#"{"upload_request_no":"a","upload_request_no":"b"}"#.utf8), 400,
      "MALFORMED_JSON"),
    post("trailing bytes", Array("{} {}".utf8), 400, "MALFORMED_JSON"),
    post("lone surrogate", Array(#"{"upload_request_no":"\ud800"}"#.utf8), 400, "MALFORMED_JSON"),
    post("nested too deep", [UInt8](repeating: 0x5B, count: 60_000), 400, "MALFORMED_JSON"),
    post("a million brackets", [UInt8](repeating: 0x5B, count: 1_000_000), 413, "BODY_TOO_LARGE"),
    post("10 MB", [UInt8](repeating: 0x61, count: 10_000_000), 413, "BODY_TOO_LARGE"),
    post("empty", [], 400, "MALFORMED_JSON"),
    post(
      "a form", Array("a=b".utf8), type: "application/x-www-form-urlencoded", 415,
      "UNSUPPORTED_MEDIA_TYPE"),
    upload("201 codes", codes: "[" + (0...200).map { "\"C\($0)\"" }.joined(separator: ",") + "]"),
    upload("a code of 33 characters", codes: "[\"\(String(repeating: "A", count: 33))\"]"),
    upload("a tab in a code", codes: #"["A\tB"]"#),
    upload("a number for a code", codes: "[1]"),
    upload("no list", codes: "null"),
    upload("an empty request number", number: "\"\""),
    upload("a number for the request number", number: "12"),
  ]

  static let paths: [BadInput] = [
    "..%2f..", "%00", String(repeating: "9", count: 21), "", "%2e%2e", "a%2Fb", "%ff", "%zz",
  ]
  .map { upload("stock_id \($0)", path: stock($0)) }

  static let framing: [BadInput] = [
    raw(
      "both lengths", "Content-Length: 2\r\nTransfer-Encoding: chunked", body: Array("{}".utf8),
      400, "PARAM_ERROR"),
    raw(
      "two lengths", "Content-Length: 2\r\nContent-Length: 3", body: Array("{}".utf8), 400,
      "PARAM_ERROR"),
    BadInput(
      name: "a negative length",
      bytes: Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n\r\n".utf8), expected: nil),
    raw("no length", "Connection: close", 400, "MALFORMED_JSON"),
    raw("an unknown coding", "Transfer-Encoding: gzip", 400, "PARAM_ERROR"),
    raw(
      "a coding of the content", "Content-Encoding: gzip\r\nConnection: close\r\nContent-Length: 2",
      body: Array("{}".utf8),
      415, "UNSUPPORTED_MEDIA_TYPE"),
    BadInput(
      name: "headers of 64 KiB",
      bytes: Array(
        "POST / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 65_536))\r\n\r\n".utf8),
      expected: nil),
    BadInput(
      name: "not HTTP", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x0D, 0x0A, 0x0D, 0x0A], expected: nil
    ),
  ]
}

@Suite("What bad input gets", .timeLimit(.minutes(2)))
struct BadInputTests {
  @Test("a clear answer or a closed connection, and never a call to WeChat Pay")
  func everyInput() async throws {
    let deployment = try await Deployment()
    for input in BadInput.bodies + BadInput.paths + BadInput.framing {
      let address = try ListenAddress.parse(deployment.address)
      let response = try await ScriptedSocket.offPool {
        let socket = try ScriptedSocket(connectingTo: address)
        _ = try socket.sendUntilBroken(input.bytes)
        return try? socket.response()
      }
      guard let expected = input.expected else {
        #expect(response.map { (400...499).contains($0.status) } ?? true, "\(input.name)")
        continue
      }
      let code = response.flatMap { try? JSONValue(parsing: $0.body) }?["code"]?.stringValue
      #expect(
        response?.status == expected.status && code == expected.code,
        "\(input.name): \(response?.text ?? "closed")")
    }
    #expect(try await deployment.callsReceived() == 0)
    #expect(try await deployment.upload(["A1"], number: "n-1").status == 200)
    await deployment.stop()
  }

  @Test("every violation is told with its place")
  func violations() async throws {
    let deployment = try await Deployment()
    let codes = ["OK", "A\tB", "OK", String(repeating: "A", count: 33)]
    let answer = try await deployment.upload(codes, number: "")
    let errors = try #require(answer.json["errors"]?.arrayValue)
    #expect(
      errors.map { $0["pointer"]?.stringValue } == [
        "/coupon_code_list/1", "/coupon_code_list/3", "/upload_request_no",
      ])
    #expect(errors[1]["message"] == "is 33 characters long; at most 32 are allowed")
    await deployment.stop()
  }

  @Test("paths and methods that do not exist, in the caller's language")
  func routes() async throws {
    let deployment = try await Deployment()
    let missing = try await deployment.call("GET", "/v3/nothing")
    #expect(missing.status == 404 && missing.code == "ROUTE_NOT_FOUND")
    let method = try await deployment.call(
      "PUT", Deployment.uploadPath, headers: ["Accept-Language": "en"])
    #expect(method.status == 405 && method.headers["Allow"] == "GET, POST")
    #expect(method.json["advice"]?.stringValue?.utf8.allSatisfy { $0 < 128 } == true)
    let merchant = try await deployment.upload(
      ["A"], number: "n", headers: ["X-Merchant-Id": "1900000999"])
    #expect(merchant.status == 403 && merchant.code == "PERMISSION_DENIED")
    await deployment.stop()
  }
}
