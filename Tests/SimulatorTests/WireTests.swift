// SPDX-License-Identifier: Apache-2.0
internal import Concurrency
internal import Cryptography
internal import Foundation
internal import HTTP
internal import JSON
internal import TestSupport
internal import Testing

@testable internal import Simulator

/// The whole stand-in over real sockets, its requests signed and its answers verified by the
/// `openssl` command: nothing of ours is on the client's side but the socket.
@Suite struct WireTests {
  private let folder: TemporaryFolder
  private let settings: SimulatorConfiguration

  init() throws {
    folder = try TemporaryFolder()
    // Keys that are there already, since making them takes long; the certificates are of today.
    let keys = try TestKeys.shared.get()
    let now = Moment.now()
    _ = try folder.write(keys.merchant.pem, to: "apiclient_key.pem")
    _ = try folder.write(
      TestKeys.certificate(for: keys.merchant, from: now).pem, to: "apiclient_cert.pem")
    _ = try folder.write(Fixture.apiKey, to: "api_v3_key")
    let platform = PlatformFolder(path: folder.file("platform"))
    try platform.write(Platform.makeIdentity(now: now, key: keys.identity.key))
    try platform.write(publicKey: keys.publicKey.key)
    let text = """
      {"merchants":[{"mchid":"1900000001","certificate":"apiclient_cert.pem",
        "api_v3_key":"file:api_v3_key"}],
       "platform":{"folder":"platform","public_key_id":"PUB_KEY_ID_1"},
       "batches":[{"stock_id":"98065001"}],"limits":{"max_body_bytes":4096}}
      """
    settings = try SimulatorConfiguration.load(
      path: folder.write(text, to: "simulator.json"), environment: [:])
  }

  /// Runs a program to its end.
  ///
  /// - Returns: its standard output.
  @discardableResult
  static func run(_ program: String, _ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    try process.run()
    // Everything that is passed here fits a pipe's buffer.
    stdin.fileHandleForWriting.write(Data(input))
    try stdin.fileHandleForWriting.close()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(program) \(arguments.first ?? "")")
    return Array(output)
  }

  private func openssl(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
    try Self.run("/usr/bin/openssl", arguments, input: input)
  }

  /// A request as bytes, signed by the openssl command.
  private func request(_ method: String, _ target: String, body: String = "") throws -> String {
    let nonce = Hexadecimal.lowercase(SecureRandom.bytes(count: 16))
    let timestamp = String(Moment.now().secondsSince1970)
    let message = "\(method)\n\(target)\n\(timestamp)\n\(nonce)\n\(body)\n"
    let signature = try openssl(
      ["dgst", "-sha256", "-sign", folder.file("apiclient_key.pem")], input: Array(message.utf8))
    let line = try openssl([
      "x509", "-in", folder.file("apiclient_cert.pem"), "-noout", "-serial",
    ])
    let serial = String(decoding: line, as: UTF8.self).dropFirst("serial=".count).dropLast()
    let authorization =
      "WECHATPAY2-SHA256-RSA2048 mchid=\"1900000001\",nonce_str=\"\(nonce)\",timestamp=\"\(timestamp)\","
      + "serial_no=\"\(serial)\",signature=\"\(Data(signature).base64EncodedString())\""
    var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nUser-Agent: wire/1\r\n"
    text += "Accept: application/json\r\nAuthorization: \(authorization)\r\n"
    if !body.isEmpty {
      text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
    }
    return text + "\r\n" + body
  }

  private func exchange(
    _ bytes: String, with listeners: Listeners
  ) async throws -> ScriptedSocket.Response {
    let address = listeners.serviceAddress
    return try await ScriptedSocket.offPool {
      let socket = try ScriptedSocket(connectingTo: address)
      try socket.send(bytes)
      return try socket.response()
    }
  }

  /// Checks the signature of an answer with `openssl dgst -verify` and the public key in a file.
  private func verify(_ response: ScriptedSocket.Response, publicKey: String) throws {
    let timestamp = try #require(response.headers["Wechatpay-Timestamp"])
    let nonce = try #require(response.headers["Wechatpay-Nonce"])
    let signature = try #require(
      response.headers["Wechatpay-Signature"].flatMap { Data(base64Encoded: $0) })
    let file = try folder.write(Array(signature), to: "signature")
    let message = Array("\(timestamp)\n\(nonce)\n".utf8) + response.body + Array("\n".utf8)
    let said = try openssl(
      ["dgst", "-sha256", "-verify", publicKey, "-signature", file], input: message)
    #expect(String(decoding: said, as: UTF8.self) == "Verified OK\n")
  }

  private let example =
    #"{"coupon_code_list":["ABC9588200","ABC9588201"],"upload_request_no":"100002322019090134234sfdf"}"#

  @Test("an upload signed by openssl is done, and openssl verifies the answer")
  func upload() async throws {
    let listeners = try Listeners(settings)
    defer { listeners.stop() }
    let response = try await exchange(
      request("POST", Fixture.uploadPath, body: example), with: listeners)
    #expect(response.status == 200)
    #expect(try JSONValue(parsing: response.body)["success_count"] == 2)
    let serial = try #require(response.headers["Wechatpay-Serial"])
    let publicKey = try openssl([
      "x509", "-in", folder.file("platform/wechatpay_\(serial).pem"), "-noout", "-pubkey",
    ])
    try verify(response, publicKey: folder.write(publicKey, to: "platform_key.pem"))
  }

  @Test("the certificates open with the APIv3 key of the credentials")
  func certificates() async throws {
    let listeners = try Listeners(settings)
    defer { listeners.stop() }
    let response = try await exchange(request("GET", "/v3/certificates"), with: listeners)
    let entry = try JSONValue(parsing: response.body)["data"]?.arrayValue?.first
    let sealed = try #require(entry?["encrypt_certificate"])
    let text = try #require(sealed["ciphertext"]?.stringValue.flatMap { Data(base64Encoded: $0) })
    let nonce = try #require(sealed["nonce"]?.stringValue)
    let pem = try AES256GCM.open(
      Array(text), key: .init(folder.read("api_v3_key")), nonce: Array(nonce.utf8),
      associatedData: Array("certificate".utf8))
    let serial = try #require(entry?["serial_no"]?.stringValue)
    #expect(try pem == folder.read("platform/wechatpay_\(serial).pem"))
  }

  @Test("a body over the limit is 413, and a request that is not HTTP is refused")
  func unreadable() async throws {
    let listeners = try Listeners(settings)
    defer { listeners.stop() }
    let huge = String(repeating: "x", count: 5000)
    let refused = try await exchange(
      request("POST", Fixture.uploadPath, body: huge), with: listeners)
    #expect(refused.status == 413)
    let malformed = try await exchange(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      with: listeners)
    #expect(malformed.status == 400)
    #expect(try JSONValue(parsing: malformed.body)["code"] == "INVALID_REQUEST")
  }

  static let breaks: [(fault: String, failure: ScriptedSocket.Failure, codes: Int)] = [
    (#"{"kind":"close"}"#, .closed, 0), (#"{"kind":"answer_then_lose"}"#, .closed, 2),
    (#"{"kind":"cut"}"#, .closed, 2), (#"{"kind":"cut","after_bytes":0}"#, .closed, 2),
    (#"{"kind":"no_answer","milliseconds":1}"#, .closed, 0),
    (#"{"kind":"no_answer","milliseconds":1,"does_work":true}"#, .closed, 2),
  ]

  @Test(
    "a connection breaks where the control listener says, and the next request is served",
    arguments: breaks)
  func breaking(fault: String, failure: ScriptedSocket.Failure, codes: Int) async throws {
    let listeners = try Listeners(settings)
    defer { listeners.stop() }
    try await control(listeners, "POST /faults", body: #"{"fault":\#(fault)}"#, expects: 204)
    let bytes = try request("POST", Fixture.uploadPath, body: example)
    await #expect(throws: failure) { try await exchange(bytes, with: listeners) }
    let books = try await control(listeners, "GET /books", expects: 200)
    #expect(books["batches"]?["98065001"]?["code_count"] == .number(JSONNumber(codes)))
    let next = try await exchange(
      request("POST", Fixture.uploadPath, body: example), with: listeners)
    #expect(next.status == 200)
  }

  @Test("a dripping body arrives whole, on a connection that lives on")
  func drip() async throws {
    let listeners = try Listeners(settings)
    defer { listeners.stop() }
    let fault = #"{"fault":{"kind":"drip","bytes":50,"milliseconds":1}}"#
    try await control(listeners, "POST /faults", body: fault, expects: 204)
    let first = try request("POST", Fixture.uploadPath, body: example)
    let second = try request("POST", Fixture.uploadPath, body: example)
    let address = listeners.serviceAddress
    let bodies = try await ScriptedSocket.offPool {
      let socket = try ScriptedSocket(connectingTo: address)
      try socket.send(first)
      let slow = try socket.response()
      try socket.send(second)
      return [slow.body, try socket.response().body]
    }
    #expect(try bodies.map { try JSONValue(parsing: $0)["total_count"] } == [2, 2])
  }

  @Test("stopping ends a body that drips for ever")
  func stopWhileDripping() async throws {
    let listeners = try Listeners(settings)
    let fault = #"{"fault":{"kind":"drip","bytes":1,"milliseconds":600000}}"#
    try await control(listeners, "POST /faults", body: fault, expects: 204)
    let bytes = try request("POST", Fixture.uploadPath, body: example)
    let address = listeners.serviceAddress
    let read = try await ScriptedSocket.offPool {
      let socket = try ScriptedSocket(connectingTo: address)
      try socket.send(bytes)
      _ = try socket.discard(1)
      listeners.stop()
      return String(decoding: try socket.readToEnd(), as: UTF8.self)
    }
    #expect(read.contains("200 OK"))
    #expect(!read.contains("success_count"))
  }

  @discardableResult
  private func control(
    _ listeners: Listeners, _ line: String, body: String = "", expects status: Int
  ) async throws -> JSONValue {
    let address = listeners.controlAddress
    let response = try await ScriptedSocket.offPool {
      let socket = try ScriptedSocket(connectingTo: address)
      try socket.send(
        "\(line) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      return try socket.response()
    }
    #expect(response.status == status)
    return response.body.isEmpty ? .null : try JSONValue(parsing: response.body)
  }
}
