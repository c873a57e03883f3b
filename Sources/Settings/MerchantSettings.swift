// SPDX-License-Identifier: Apache-2.0
internal import Cryptography

/// One `[[merchant]]`.
package struct MerchantSettings: Sendable, Hashable {
  /// mchid.
  package var id: String
  /// The merchant API certificate and its key.
  package var key: MerchantKeySettings
  /// 32 bytes; decrypts platform certificates. nil only when there is a WeChat Pay public key.
  package var apiV3Key: SecretReference?
  /// nil: answers are verified with platform certificates only.
  package var wechatpayPublicKey: WeChatPayPublicKeySettings?
  /// The merchant's own limit, with what it leaves out taken from `policies.rate_limit`; the latter
  /// as it is otherwise.
  package var rateLimit: RateLimit
  /// Where the table stands in gateway.conf, for later mistakes about this merchant; 1-based.
  package var line: Int
}

extension MerchantSettings {
  private static let rateLimitSection = SectionDefinition(
    "merchant.rate_limit", "A limit of this merchant's own.", keys: RateLimit.definitions)

  enum Keys {
    static let id = RequiredKey(
      "id",
      ValueType<String>.text("the merchant's number (mchid), 1 to 32 letters or digits") { text in
        (1...32).contains(text.count) && text.allSatisfy(isLetterOrDigit)
      }, "The merchant's number (mchid).")
    static let apiV3Key = OptionalKey(
      "api_v3_key",
      .secret(.text) { bytes in
        // Source: WeChat Pay APIv3, "Download platform certificates": the key of AEAD_AES_256_GCM.
        bytes.count == 32
          ? nil
          : (
            "leads to \(bytes.count) bytes; an APIv3 key has exactly 32",
            "copy the APIv3 key of the merchant platform, without quotes or spaces"
          )
      },
      """
      The APIv3 key of 32 characters. It decrypts WeChat Pay's platform certificates, so only a \
      merchant with a wechatpay_public_key can do without.
      """)
    static let wechatpayPublicKey = OptionalKey(
      "wechatpay_public_key", WeChatPayPublicKeySettings.type,
      """
      WeChat Pay's public key for this merchant, instead of platform certificates or, while moving \
      from one to the other, together with them.
      """)
    static let rateLimit = OptionalKey(
      "rate_limit",
      ValueType<Void>(
        "a table with keys of [policies.rate_limit]", table: rateLimitSection,
        read: { _, _, _ in nil }, write: { _ in "" }),
      "This merchant's own limit. What it leaves out is taken from [policies.rate_limit].")
  }

  static let section = SectionDefinition(
    "merchant", isRepeated: true,
    "A merchant that the gateway signs for. One [[merchant]] each.",
    keys: [
      [Keys.id.definition], MerchantKeySettings.Keys.definitions,
      [
        Keys.apiV3Key.definition, Keys.wechatpayPublicKey.definition, Keys.rateLimit.definition,
      ],
    ].flatMap(\.self))

  /// nil when the id or the credentials are missing or wrong, which is reported.
  init?(_ section: SectionReader, limit: RateLimit) {
    let id = section.value(Keys.id)
    let key = MerchantKeySettings(section)
    apiV3Key = section.value(Keys.apiV3Key)
    wechatpayPublicKey = section.value(Keys.wechatpayPublicKey)
    rateLimit = limit
    if let node = section.node("rate_limit") {
      rateLimit = RateLimit(
        SectionReader(
          node, at: section.keyPath("rate_limit"), Self.rateLimitSection,
          findings: section.findings),
        base: limit)
    }
    if section.node("api_v3_key") == nil, section.node("wechatpay_public_key") == nil {
      section.findings.mistake(
        section.keyPath("api_v3_key"), at: section.place, "is missing",
        remedy: "write api_v3_key = \"file:PATH\" or \"env:NAME\", or a wechatpay_public_key")
    }
    guard let id, let key else { return nil }
    self.id = id
    self.key = key
    line = section.place?.line ?? 0
  }
}
