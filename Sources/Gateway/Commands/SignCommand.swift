// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Cryptography
internal import FoundationEssentials
internal import GatewayCore
internal import WeChatPay

struct SignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Prints the Authorization header of a request, for debugging; sends nothing.",
    discussion: """
      WeChat Pay takes the header for five minutes, and for exactly this method, path, query and \
      body. To see what WeChat Pay itself answers:

      curl -H "Authorization: $(wxpay-gateway sign GET /v3/certificates)" \
      -H "Accept: application/json" https://api.mch.weixin.qq.com/v3/certificates
      """)

  @Argument(help: "The HTTP method, e.g. POST.")
  var method: String

  @Argument(help: "Path and query exactly as they are sent, e.g. /v3/certificates.")
  var path: String

  @Option(
    help: ArgumentHelp(
      "A file with the body, byte for byte; without it the request has none.", valueName: "file"),
    completion: .file())
  var body: String?

  @Option(help: "The merchant; may be left out when there is one only.")
  var merchant: String?

  @OptionGroup var configuration: ConfigurationOption

  func validate() throws { try checkRequestLine(method: method, path: path) }

  func run() async throws {
    let credentials = try configuration.prepare().credentials(of: merchant)
    print(
      try await credentials.signing.authorization(
        method: method.uppercased(), target: path, body: body.map(readBody),
        timestamp: TimeSource.system.unixSeconds(), nonce: SecureRandom.alphanumeric(count: 32)))
  }
}

/// What no request can begin with is a slip of the one who types it.
func checkRequestLine(method: String, path: String) throws {
  guard !method.isEmpty, method.utf8.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) }) else {
    throw ValidationError("METHOD is a word such as GET or POST.")
  }
  guard path.hasPrefix("/") else {
    throw ValidationError(
      "PATH begins with /, e.g. /v3/certificates; scheme and host are not signed.")
  }
  guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
    throw ValidationError(
      "PATH is as it is sent: spaces and characters outside ASCII percent-encoded, without #.")
  }
}

/// A body from a file, byte for byte.
func readBody(_ path: String) throws -> [UInt8] {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw ValidationError("\(path) cannot be read.")
  }
  return Array(data)
}

extension Preparation {
  /// - Parameter merchant: may be `nil` when one is configured only.
  /// - Throws: `ValidationError` that lists the merchants.
  func credentials(of merchant: String?) throws -> MerchantCredentials {
    let names = credentials.map(\.signing.merchant.text)
    let found =
      merchant.map { name in credentials.filter { $0.signing.merchant.text == name } }
      ?? credentials
    guard found.count == 1, let only = found.first else {
      throw ValidationError("Name one of these with --merchant: \(names.joined(separator: ", ")).")
    }
    return only
  }
}
