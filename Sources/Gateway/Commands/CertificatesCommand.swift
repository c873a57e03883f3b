// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Cryptography
internal import FoundationEssentials
internal import GatewayCore
internal import HTTPClient
internal import Storage
internal import Telemetry
internal import WeChatPay

struct CertificatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificates",
    abstract: "Downloads, verifies and lists WeChat Pay's platform certificates of every merchant.",
    discussion: """
      A line for each key that the merchant's answers may be signed with: the merchant, the serial \
      number or id, and how long it is valid. The exit status is 1 when a merchant's certificates \
      could not be had or not be verified.
      """)

  @Option(help: "Only this merchant.")
  var merchant: String?

  @OptionGroup var configuration: ConfigurationOption

  func run() async throws {
    let preparation = try configuration.prepare()
    let service = try Service(
      preparation,
      lasting: LastingState(store: MemoryStore(), log: .silent, metrics: GatewaySeries()),
      replacing: nil)
    var failed = false
    let chosen =
      try merchant.map { [try preparation.credentials(of: $0)] } ?? preparation.credentials
    for credentials in chosen {
      guard let merchant = service.merchants[credentials.signing.merchant] else { continue }
      if let key = credentials.publicKey {
        print("\(merchant.id)  \(key.id)  public key, does not expire")
      }
      guard let certificates = merchant.keys.platformCertificates else { continue }
      do throws(CertificateFailure) {
        try await certificates.refresh()
        for certificate in certificates.all { print("\(merchant.id)  \(certificate.line)") }
      } catch {
        guard error.code != .refused || credentials.publicKey == nil else {
          // As for a merchant that WeChat Pay gives its public key only: the gateway serves it.
          standardError("note: \(merchant.id): there are no certificates: \(error.detail)")
          continue
        }
        failed = true
        standardError("error: \(merchant.id): \(error.detail); \(error.code.remedy)")
      }
    }
    await service.transport.close()
    if failed { throw ExitCode(1) }
  }
}

extension PlatformCertificate {
  fileprivate var line: String {
    func date(_ seconds: Int64) -> String {
      Date(timeIntervalSince1970: Double(seconds)).ISO8601Format()
    }
    return
      "\(serialNumber)  valid from \(date(certificate.notBefore)) to \(date(certificate.notAfter))"
  }
}

extension Log {
  static let silent = Log(level: .error, format: .json) { _ in }
}
