// SPDX-License-Identifier: Apache-2.0

/// `[upstream]`: WeChat Pay.
package struct UpstreamSettings: Sendable, Hashable {
  package var url: UpstreamURL
  /// Used when `url` cannot be reached; nil: none.
  package var backupURL: UpstreamURL?
  package var connectTimeout: Duration
  /// Of one attempt.
  package var timeout: Duration
  /// Attempts after the first.
  package var retries: Int
  /// A PEM file of trusted authorities, joined with the folder of gateway.conf; nil: the system's.
  package var caFile: String?
}

extension UpstreamSettings {
  enum Keys {
    static let url = DefaultedKey(
      "url", .upstreamURL,
      default: UpstreamURL(isTLS: true, host: .name("api.mch.weixin.qq.com"), port: 443),
      "WeChat Pay. http is accepted for loopback hosts only, such as the simulator's.")
    static let backupURL = OptionalKey(
      "backup_url", .upstreamURL,
      """
      Used when `url` cannot be reached: "https://api2.mch.weixin.qq.com". Absent: no other host.
      """)
    static let connectTimeout = DefaultedKey(
      "connect_timeout", .duration(.milliseconds(10)...(.seconds(60))), default: .seconds(2),
      "How long a connection may take to open, TLS included.")
    static let timeout = DefaultedKey(
      "timeout", .duration(.milliseconds(10)...(.seconds(300))), default: .seconds(8),
      "How long one attempt may take, from its start to the last byte of the answer.")
    static let retries = DefaultedKey(
      "retries", .integer(0...10), default: 2,
      "Attempts after the first one, while server.request_timeout leaves time for them.")
    static let caFile = OptionalKey(
      "ca_file", ValueType<String>.file,
      "Certificates in PEM of the authorities to trust. Absent: those of the system.")
  }

  static let section = SectionDefinition(
    "upstream", "WeChat Pay, and how long to wait for it.",
    keys: [
      Keys.url.definition, Keys.backupURL.definition, Keys.connectTimeout.definition,
      Keys.timeout.definition,
      Keys.retries.definition, Keys.caFile.definition,
    ])

  init(_ section: SectionReader) {
    url = section.value(Keys.url)
    backupURL = section.value(Keys.backupURL)
    connectTimeout = section.value(Keys.connectTimeout)
    timeout = section.value(Keys.timeout)
    retries = section.value(Keys.retries)
    caFile = section.value(Keys.caFile)
    if backupURL == url {
      section.findings.mistake(
        "upstream.backup_url", at: section.place(of: "backup_url"), "is the same as url",
        remedy: "name another host or remove the line")
    }
  }
}
