// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Settings

/// The files of credentials, the merchants' and the listener's, as they were when last looked at, so
/// that a renewed certificate is noticed without a signal.
struct CredentialFiles: Sendable, Equatable {
  private struct Stamp: Sendable, Equatable {
    var inode: Int
    var size: Int
    var modified: Date
  }

  private let stamps: [String: Stamp]

  /// Looks at every file that a `[[merchant]]`, a `[[caller]]` or `server.tls` names; one that is
  /// not there has no stamp.
  init(of settings: GatewaySettings) {
    var stamps: [String: Stamp] = [:]
    for path in settings.merchants.flatMap(\.files) + settings.listenerFiles {
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
        continue
      }
      stamps[path] = Stamp(
        inode: (attributes[.systemFileNumber] as? NSNumber)?.intValue ?? 0,
        size: (attributes[.size] as? NSNumber)?.intValue ?? 0,
        modified: attributes[.modificationDate] as? Date ?? .distantPast)
    }
    self.stamps = stamps
  }
}

extension MerchantSettings {
  fileprivate var files: [String] {
    (key.references + [apiV3Key, wechatpayPublicKey?.file]).compactMap { reference in
      if case .file(let path)? = reference?.source { path } else { nil }
    }
  }
}

extension GatewaySettings {
  /// Of the listener's own credentials and the callers' tokens.
  fileprivate var listenerFiles: [String] {
    let tokens = callers.map { caller -> SecretReference? in
      if case .secret(let reference) = caller.token { reference } else { nil }
    }
    let tls = [server.tls?.certificate, server.tls?.privateKey, server.tls?.clientCA]
    return (tls + tokens).compactMap { reference in
      if case .file(let path)? = reference?.source { path } else { nil }
    }
  }
}
