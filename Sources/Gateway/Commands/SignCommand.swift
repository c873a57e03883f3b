// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Cryptography
internal import Foundation
internal import GatewayCore
internal import WeChatPay

struct SignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Prints the Authorization header of a request, for debugging; sends nothing.")

  @Argument(help: "The HTTP method, e.g. POST.")
  var method: String

  @Argument(help: "Path and query exactly as they are sent, e.g. /v3/certificates.")
  var path: String

  @Option(help: "A file with the body; without it the request has none.")
  var body: String?

  @Option(help: "The merchant; may be left out when there is one only.")
  var merchant: String?

  @OptionGroup var configuration: ConfigurationOption

  func validate() throws {
    guard path.hasPrefix("/") else {
      throw ValidationError(
        "PATH begins with /, e.g. /v3/certificates; scheme and host are not signed.")
    }
  }

  func run() async throws {
    let credentials = try configuration.prepare().credentials(of: merchant)
    print(
      try await credentials.signing.authorization(
        method: method.uppercased(), target: path, body: body.map(readBody),
        timestamp: TimeSource.system.unixSeconds(), nonce: SecureRandom.alphanumeric(count: 32)))
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
