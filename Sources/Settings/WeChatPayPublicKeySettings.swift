// SPDX-License-Identifier: Apache-2.0

/// `merchant.wechatpay_public_key`.
package struct WeChatPayPublicKeySettings: Sendable, Hashable {
  /// `PUB_KEY_ID_…`, the serial that WeChat Pay names this key by.
  package var id: String
  /// PEM.
  package var file: SecretReference
}

extension WeChatPayPublicKeySettings {
  enum Keys {
    static let id = RequiredKey(
      "id",
      ValueType<String>.text(
        "the key's id from the merchant platform, \"PUB_KEY_ID_\" and letters or digits"
      ) { text in
        let prefix = Array("PUB_KEY_ID_".utf8)
        return text.starts(with: prefix) && (prefix.count + 1...128).contains(text.count)
          && text.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
      }, "The key's id from the merchant platform, PUB_KEY_ID_….")
    static let file = RequiredKey(
      "file", .secret(.document), "The public key in PEM, as downloaded from the merchant platform."
    )
  }

  private static let section = SectionDefinition(
    "merchant.wechatpay_public_key", "A WeChat Pay public key that answers are verified with.",
    keys: [Keys.id.definition, Keys.file.definition])

  static let type = ValueType<WeChatPayPublicKeySettings>(
    "a table with id and file", table: section,
    read: { node, keyPath, findings in
      let reader = SectionReader(node, at: keyPath, section, findings: findings)
      let id = reader.value(Keys.id)
      let file = reader.value(Keys.file)
      guard let id, let file else { return nil }
      return WeChatPayPublicKeySettings(id: id, file: file)
    }, write: { _ in "" })
}
