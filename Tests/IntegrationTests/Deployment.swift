// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import HTTP
import HTTPClient
import JSON
import TestSupport
import Testing

/// The simulator and the gateway as an operator would run them, in a folder of their own.
final class Deployment: Sendable {
  static let uploadPath = "/v3/marketing/busifavor/stocks/98065001/couponcodes"
  static let merchant = "1900000001"

  let folder: TemporaryFolder
  let simulator: ChildProgram
  let simulatorAddress: String
  let control: String
  private let running: Guarded<Running>
  private let client: CurlTransport
  private let environment: [String: String]

  /// The gateway as it runs now; another one after `restart`.
  struct Running: Sendable {
    var gateway: ChildProgram
    var address: String
    var admin: String

    init(configuration: String, environment: [String: String]) async throws {
      gateway = try ChildProgram(
        "wxpay-gateway", ["serve", "--config", configuration], environment: environment)
      let line = try #require(await gateway.line(containing: "\"listening\""), "\(gateway.lines)")
      let fields = try JSONValue(parsing: Array(line.utf8))
      address = try #require(fields["listen"]?.stringValue)
      admin = try #require(fields["admin"]?.stringValue)
    }
  }

  var gateway: ChildProgram { running.withLock { $0.gateway } }
  var address: String { running.withLock { $0.address } }
  var admin: String { running.withLock { $0.admin } }

  /// What a test may want otherwise; texts are inserted into `gateway.conf`.
  struct Options: Sendable {
    var listen = "127.0.0.1:0"
    var server = ""
    var upstream = "timeout = \"2s\"\nretries = 2"
    var upstreamURL: String?
    var store = "sqlite:state/gateway.db"
    var policies = "[policies.rate_limit]\nrate = 10000\nburst = 10000"
    var merchant = "api_v3_key = \"file:merchant/api_v3_key\""
    var rest = ""
    /// Further files, by name.
    var files: [String: String] = [:]
    var simulator: JSONValue = [:]
    /// Folders of credentials that the simulator accepts; the gateway uses those in `merchant`.
    var credentials = ["merchant"]
    /// Of the gateway, beside the test's own.
    var environment: [String: String] = [:]
  }

  /// - Parameter prepare: changes what is in the folder once the merchant's credentials are there.
  init(
    _ options: Options = Options(), prepare: (TemporaryFolder) throws -> Void = { _ in }
  ) async throws {
    environment = options.environment
    folder = try TemporaryFolder()
    for name in options.credentials {
      try makeCredentials(in: folder.file(name), of: Self.merchant)
    }
    try prepare(folder)
    for (name, text) in options.files { _ = try folder.write(text, to: name) }
    let simulatorFile = try folder.write(
      String(decoding: Self.simulatorConfiguration(options).serialized(), as: UTF8.self),
      to: "simulator.json")
    simulator = try ChildProgram("wxpay-simulator", ["--config", simulatorFile])
    let ready = try #require(
      await simulator.line(containing: "\"listening\""), "\(simulator.lines)")
    let addresses = try JSONValue(parsing: Array(ready.utf8))
    simulatorAddress = try #require(addresses["listening"]?.stringValue)
    control = try #require(addresses["control"]?.stringValue)
    _ = try folder.write(
      Self.configuration(options, upstream: options.upstreamURL ?? "http://\(simulatorAddress)"),
      to: "gateway.conf")
    client = try CurlTransport(configuration: .init())
    running = Guarded(
      try await Running(configuration: folder.file("gateway.conf"), environment: environment))
  }

  /// Starts the gateway anew, on the same files and the same address.
  func restart() async throws {
    let text = String(decoding: try folder.read("gateway.conf"), as: UTF8.self)
    _ = try folder.write(
      text.replacing("listen = \"127.0.0.1:0\" # data", with: "listen = \"\(address)\" # data"),
      to: "gateway.conf")
    let next = try await Running(
      configuration: folder.file("gateway.conf"), environment: environment)
    running.withLock { $0 = next }
  }

  /// Ends both programs as an operator would.
  /// - Returns: the gateway's exit status.
  @discardableResult
  func stop() async -> Int32 {
    gateway.signal(SIGTERM)
    let status = await gateway.end()
    simulator.signal(SIGTERM)
    _ = await simulator.end()
    await client.close()
    return status
  }

  private static func simulatorConfiguration(_ options: Options) -> JSONValue {
    let configuration: JSONValue = [
      "listen": "127.0.0.1:0", "control": "127.0.0.1:0",
      "merchants": [
        [
          "mchid": .string(merchant),
          "certificate": .array(
            options.credentials.map { .string("\($0)/apiclient_cert.pem") }),
          "api_v3_key": "file:merchant/api_v3_key",
        ]
      ],
      "platform": ["folder": "platform"],
      "batches": [
        ["stock_id": "98065001", "merchant": .string(merchant)],
        [
          "stock_id": "98065003", "merchant": .string(merchant),
          "coupon_code_mode": "WECHATPAY_MODE",
        ],
      ],
    ]
    var members = configuration.objectValue ?? JSONObject()
    for member in options.simulator.objectValue?.members ?? [] {
      members[member.name] = member.value
    }
    return .object(members)
  }

  private static func configuration(_ options: Options, upstream: String) -> String {
    """
    [server]
    listen = "\(options.listen)" # data
    \(options.server)
    [admin]
    listen = "127.0.0.1:0"
    [api]
    documents = ["\(Repository.path("apis/busifavor.openapi.yaml"))"]
    [upstream]
    url = "\(upstream)"
    \(options.upstream)
    [store]
    url = "\(options.store)"
    \(options.policies)
    [[merchant]]
    id = "\(merchant)"
    certificate = "file:merchant/apiclient_cert.pem"
    private_key = "file:merchant/apiclient_key.pem"
    \(options.merchant)
    \(options.rest)
    """
  }
}

/// What came back, read.
struct Answer: Sendable {
  var status: Int
  var headers: Headers
  var body: [UInt8]

  var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
  var code: String? { json["code"]?.stringValue }
  var outcome: String? { json["outcome"]?.stringValue }
  var isReplayed: Bool { headers["Idempotent-Replayed"] == "true" }
  var isRecovered: Bool { headers["Idempotent-Recovered"] == "true" }
}

extension Deployment {
  func call(
    _ method: String, _ path: String, body: [UInt8]? = nil,
    headers: Headers = ["Content-Type": "application/json"],
    at address: String? = nil
  ) async throws -> Answer {
    let answer = try await client.send(
      OutboundRequest(
        method: method, origin: "http://\(address ?? self.address)", target: path, headers: headers,
        body: body,
        timeout: .seconds(30)))
    return Answer(status: answer.status, headers: answer.headers, body: answer.body)
  }

  func upload(
    _ codes: [String], number: String, path: String = Deployment.uploadPath, headers: Headers = [:],
    at address: String? = nil
  ) async throws -> Answer {
    let body: JSONValue = [
      "coupon_code_list": .array(codes.map(JSONValue.string)), "upload_request_no": .string(number),
    ]
    var headers = headers
    headers["Content-Type"] = "application/json"
    return try await call("POST", path, body: body.serialized(), headers: headers, at: address)
  }

  /// Lets the simulator misbehave for the next matching uploads.
  func misbehave(_ fault: JSONValue, times: Int = 1, bodyContains text: String? = nil) async throws
  {
    var match = JSONObject([JSONObject.Member(name: "path_prefix", value: "/v3/marketing")])
    match["body_contains"] = text.map(JSONValue.string)
    let rule: JSONValue = [
      "match": .object(match), "times": JSONValue(integerLiteral: times), "fault": fault,
    ]
    let answer = try await call("POST", "/faults", body: rule.serialized(), at: control)
    try #require(answer.status == 204, "\(String(decoding: answer.body, as: UTF8.self))")
  }

  func forgive() async throws { _ = try await call("DELETE", "/faults", at: control) }

  func books() async throws -> JSONValue { try await call("GET", "/books", at: control).json }

  /// How often an upload with this number was accepted by the simulator.
  func timesDone(_ number: String) async throws -> Int {
    try await books()["uploads"]?.arrayValue?.first {
      $0["upload_request_no"]?.stringValue == number
    }?["times"]?
    .intValue ?? 0
  }

  /// Requests that reached the simulator, certificate downloads apart.
  func callsReceived() async throws -> Int {
    try await call("GET", "/requests?last=100000", at: control).json["requests"]?.arrayValue?
      .count { $0["target"]?.stringValue != "/v3/certificates" } ?? 0
  }
}

/// Makes a merchant's key, certificate and APIv3 key, as the merchant platform would.
func makeCredentials(in folder: String, of merchant: String) throws {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: Repository.path("scripts/make-test-credentials"))
  process.arguments = [folder, merchant]
  process.standardOutput = FileHandle.nullDevice
  process.standardError = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0)
}
