// SPDX-License-Identifier: Apache-2.0
internal import Cryptography
internal import HTTPServer
internal import Settings

extension Findings {
  /// Reads what `server.tls` names.
  ///
  /// - Returns: `nil` without TLS, and when a mistake was found.
  mutating func readTLS(of settings: GatewaySettings, now: Int64) -> TLSCredentials? {
    guard let tls = settings.server.tls else { return nil }
    let certificate = readTLS(tls.certificate, "certificate", settings)
    let privateKey = readTLS(tls.privateKey, "private_key", settings)
    let authorities = tls.clientCA.map { readTLS($0, "client_ca", settings) }
    guard let certificate, let privateKey, authorities != .some(nil) else { return nil }
    do throws(TLSMistake) {
      let credentials = try TLSCredentials(
        certificateChain: certificate, privateKey: privateKey,
        clientAuthorities: authorities ?? nil)
      checkExpiry(of: credentials, settings, now: now)
      return credentials
    } catch {
      mistake(
        "server.tls.\(error.part.key)", in: settings, error.message,
        remedy: error.remedy.isEmpty ? "name a file in PEM" : error.remedy)
      return nil
    }
  }

  private mutating func readTLS(
    _ reference: SecretReference, _ key: String, _ settings: GatewaySettings
  ) -> [UInt8]? {
    do throws(SecretProblem) {
      return try reference.resolve().unprotectedCopy()
    } catch {
      mistake("server.tls.\(key)", in: settings, error.message, remedy: error.remedy)
      return nil
    }
  }

  private static let tlsExpiryWarningSeconds: Int64 = 14 * 86_400

  private mutating func checkExpiry(
    of credentials: TLSCredentials, _ settings: GatewaySettings, now: Int64
  ) {
    let certificates = [
      (key: "certificate", expiry: credentials.expiry, who: "callers refuse it"),
      (
        key: "client_ca", expiry: credentials.authorityExpiry ?? .max,
        who: "callers with its certificates are refused"
      ),
    ]
    for (key, expiry, who) in certificates {
      if expiry <= now {
        fault(
          "server.tls.\(key)", in: settings, "has expired: \(who)",
          remedy: "put a new one into the file; it is taken up without a restart")
      } else if expiry - now < Self.tlsExpiryWarningSeconds {
        warning(
          "server.tls.\(key)", in: settings, "expires in \((expiry - now) / 86_400) days",
          remedy: "put a new one into the file; it is taken up without a restart")
      }
    }
  }
}

extension TLSMistake.Part {
  /// The key of `server.tls` that the part is behind.
  fileprivate var key: String {
    switch self {
    case .certificate: "certificate"
    case .privateKey: "private_key"
    case .clientAuthorities: "client_ca"
    }
  }
}
