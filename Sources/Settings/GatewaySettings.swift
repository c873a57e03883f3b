// SPDX-License-Identifier: Apache-2.0

/// gateway.conf as checked, typed values. Source: CONTRACT section 4.
///
/// Paths in it are joined with the folder of the file, so they can be opened as they are.
package struct GatewaySettings: Sendable, Equatable {
  /// The path it was read from, as the user named it.
  package var file: String
  package var server: ServerSettings
  package var admin: AdminSettings
  package var log: LogSettings
  package var api: APISettings
  package var upstream: UpstreamSettings
  package var store: StoreSettings
  package var process: ProcessSettings
  package var pkcs11: PKCS11Settings
  package var policies: PoliciesSettings
  /// At least one; ids differ.
  package var merchants: [MerchantSettings]
  /// Names differ. Empty: nobody has to authenticate, and `server.listen` is a loopback address.
  package var callers: [CallerSettings]
  /// What every key comes to, defaults included, in the order of the reference.
  package internal(set) var values: [EffectiveValue]
  /// Where each name is in `values`: with many merchants a search would take most of the start.
  var positions: [String: Int]

  /// Every table with its keys, defaults and texts, in the order of the reference.
  package static let sections: [SectionDefinition] = [
    ServerSettings.section, AdminSettings.section, LogSettings.section, APISettings.section,
    UpstreamSettings.section, StoreSettings.section, ProcessSettings.section,
    PKCS11Settings.section, PoliciesSettings.section, AuthenticateSettings.section,
    ValidateSettings.section, RateLimitSettings.section, DeduplicateSettings.section,
    MerchantSettings.section, CallerSettings.section,
  ]
}

/// What could be read of a configuration, and what is wrong with it.
package struct SettingsReading: Sendable {
  /// nil when the file cannot be read or is not TOML. With mistakes it is incomplete: defaults
  /// stand where values were wrong, merchants and callers with wrong credentials are left out. Good
  /// for further checks, not for serving.
  package let settings: GatewaySettings?
  /// In the order of the file; empty: the settings can be used.
  package let mistakes: [Mistake]
  /// What works but should be looked at, in the order of the file.
  package let warnings: [Mistake]
}
